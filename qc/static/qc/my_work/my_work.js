// My work: what happens when another task comes, dialogs, and what is read out. Everything else is
// done by forms and htmx.
(() => {
  const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
  const WRITES = "input:not([type=radio]), textarea, select";
  const panel = () => document.getElementById("my-work");
  const data = () => panel()?.dataset ?? {};
  let task = data().task;
  let warning = data().warning;
  let isCutOff = false; // the task on the page goes, and nobody here has done that

  function setTitle() {
    document.title = document.title.replace(/^.*?(\||$)/, `${data().title} $1`);
  }

  function nameKeys() {
    if (!IS_MAC) return;
    for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
    for (const button of document.querySelectorAll("[aria-keyshortcuts*=Control]")) {
      button.setAttribute("aria-keyshortcuts", button.getAttribute("aria-keyshortcuts").replace("Control", "Meta"));
    }
  }

  // Whoever writes elsewhere on the page goes on writing.
  const isWriting = () => document.activeElement?.matches(WRITES) && document.activeElement.value !== "";

  function showHead() {
    const head = document.getElementById("task-name");
    window.scrollTo(0, 0);
    const article = head?.closest("article");
    if (article && !qcKept.cards().length && article.getBoundingClientRect().top > window.innerHeight / 2) article.scrollIntoView();
    if (isWriting()) return;
    if (head) head.focus({ preventScroll: true });
    else qcScan.field.focus({ preventScroll: true });
  }

  function tell(words, isAlert) {
    document.getElementById("my-work-announcement").textContent = words;
    if (isAlert) alertOf(words);
  }

  // The answer to a button is seen anyway; what comes by itself is also an alert.
  function tellNews(byItself) {
    if (data().task && data().task !== task) tell(data().announcement, byItself);
    if (data().warning && data().warning !== warning) tell(data().warning, true);
    warning = data().warning;
  }

  function drawn(byItself) {
    const isAnother = data().task !== task;
    setTitle();
    nameKeys();
    tellNews(byItself);
    if (!isAnother) {
      if (document.activeElement === document.body && !byItself) document.getElementById("task-name")?.focus({ preventScroll: true });
      return;
    }
    document.dispatchEvent(new CustomEvent("qc:task-left", { detail: { task } }));
    task = data().task;
    showHead();
    qcOpened.begin();
  }

  // What failed needs notes: say so before anything is sent.
  function lacksNotes(button) {
    const notes = button?.dataset.needs && document.getElementById(button.dataset.needs);
    if (!notes || notes.value.trim() || qcCheck.saysWhy()) return false;
    document.getElementById("needs-notes").hidden = false;
    notes.focus();
    return true;
  }

  // A dialog that is rarely used waits in a template.
  function dialogOf(id) {
    const there = document.getElementById(id);
    if (there) return there;
    const template = document.querySelector(`template[data-dialog="${id}"]`);
    const dialog = template.content.firstElementChild.cloneNode(true);
    template.after(dialog);
    htmx.process(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    return dialog;
  }

  function useDialogs(event) {
    const opener = event.target.closest("[data-opens]");
    const dialog = opener ? dialogOf(opener.dataset.opens) : event.target.closest("[data-closes]")?.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    if (opener) dialog.showModal();
  }

  // One that came open with the page, or with an answer, lies in front of it like all others.
  function raiseDialogs() {
    for (const dialog of document.querySelectorAll(".qc-my-work dialog[open]:not(:modal)")) {
      dialog.close();
      dialog.showModal();
    }
  }

  document.addEventListener("click", (event) => {
    useDialogs(event);
    if (lacksNotes(event.target.closest("button[data-needs]"))) event.preventDefault();
  });
  // Links that are buttons are pressed with the space bar too.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches(".qc-my-work a[role=button]")) return;
    event.preventDefault();
    event.target.click();
  });

  // Nothing is drawn anew under an open dialog; the next look will do it.
  qcLooks.restWhile(() => document.querySelector("dialog[open], :popover-open") !== null);

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id === "scan" && data().task) event.detail.parameters.task = data().task;
  });
  const { look } = qcLooks;
  const isByItself = ({ verb, elt } = {}) => verb === "get" || elt?.id === "opened";

  function takesTaskAway(html) {
    const next = new DOMParser().parseFromString(html, "text/html").getElementById("my-work");
    return Boolean(task && next) && next.dataset.task !== task;
  }

  // An answer for a panel that another answer has replaced meanwhile goes to the new one: htmx would take
  // the notes out of that and put them nowhere. What the page asked by itself is asked anew, as it is old.
  document.addEventListener("htmx:beforeSend", ({ detail: { elt, target, xhr } }) => {
    if (target?.id !== "my-work") return;
    const listen = (event) => {
      // The answers of what is inside pass here too.
      if (event.detail.xhr !== xhr) return;
      elt.removeEventListener("htmx:beforeOnLoad", listen);
      if (target.isConnected) return;
      event.detail.target = panel();
      if (!isByItself(event.detail.requestConfig)) return;
      event.preventDefault();
      look();
    };
    elt.addEventListener("htmx:beforeOnLoad", listen);
  });

  // What the answer of `open` would have shown, the next look shows too.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, target, serverResponse } = event.detail;
    if (target !== panel() || !event.detail.shouldSwap || !isByItself(requestConfig)) return;
    isCutOff = takesTaskAway(serverResponse);
    if (isCutOff && qcTyping.waits(look)) event.detail.shouldSwap = isCutOff = false;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (data().task === task) return;
    qcGuard.begin();
    if (isCutOff && !isWriting()) qcTyping.interrupted();
    isCutOff = false;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    drawn(isByItself(event.detail.requestConfig));
  });

  // What has the focus is never under the bar: that is as high as what it says.
  const bars = new ResizeObserver(([{ target }]) => {
    document.documentElement.style.scrollPaddingBottom = `${target.offsetHeight + 8}px`;
  });

  function watchBar() {
    bars.disconnect();
    const bar = document.querySelector(".qc-bar");
    if (bar) bars.observe(bar);
  }

  document.addEventListener("htmx:afterSettle", watchBar);
  document.addEventListener("htmx:afterSettle", raiseDialogs);
  watchBar();
  raiseDialogs();
  setTitle();
  nameKeys();
  qcOpened.begin();
  if (!document.getElementById("task-name") || document.querySelector(".qc-scan-first")) {
    if (matchMedia("(hover: hover)").matches) qcScan.field.focus({ preventScroll: true });
  }
})();
