// Polling, dialogs and the tab's title of My work. Everything else is done by forms and htmx.
(() => {
  const clock = new Worker(document.currentScript.dataset.clock);
  const panel = () => document.getElementById("my-work");
  const data = () => panel()?.dataset ?? {};
  let task = data().task;

  function setTitle() {
    document.title = document.title.replace(/^.*?(\||$)/, `${data().title} $1`);
  }

  // The answer to a button is seen anyway; a task that arrives by itself is also an alert.
  function announce(byItself) {
    setTitle();
    if (data().task && data().task !== task) {
      document.getElementById("my-work-announcement").textContent = data().announcement;
      if (byItself) alertOf(data().announcement);
    }
    task = data().task;
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
  setTitle();
})();
