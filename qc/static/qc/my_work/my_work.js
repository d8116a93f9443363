// Polling, dialogs and the tab's title of My work. Everything else is done by forms and htmx.
(() => {
  const clock = new Worker(document.currentScript.dataset.clock);
  const panel = () => document.getElementById("my-work");
  const base = () => panel()?.dataset ?? {};
  let task = base().task;

  function entitle() {
    document.title = document.title.replace(/^.*?(\||$)/, `${base().title} $1`);
  }

  // What comes in answer to a button is seen anyway; what arrives by itself is told.
  function announce(byItself) {
    entitle();
    if (base().task && base().task !== task) {
      document.getElementById("my-work-said").textContent = base().said;
      if (byItself) tell(base().said);
    }
    task = base().task;
  }

  // What failed needs notes: say so before anything is sent.
  function lacksNotes(button) {
    const notes = button?.dataset.needs && document.getElementById(button.dataset.needs);
    if (!notes || notes.value.trim()) return false;
    document.getElementById("needs-notes").hidden = false;
    notes.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    const submitter = event.target.closest("button[data-needs]");
    if (lacksNotes(submitter)) event.preventDefault();
  });

  // Nothing is drawn anew under an open dialog; the next look will do it.
  clock.onmessage = () => {
    if (!document.querySelector("dialog[open], :popover-open")) htmx.trigger(panel(), "look");
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    announce(event.detail.requestConfig?.verb === "get");
  });
  entitle();
})();
