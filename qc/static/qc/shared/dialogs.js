// Makes what Unfold loads into its modal a dialog for keyboards and screen readers: the page behind an
// open one can't be reached, and closing it returns the focus to what opened it.
(() => {
  const modal = () => document.getElementById("modal-content");
  const theme = () => Alpine.$data(document.documentElement);
  const FIRST = "input:not([type=hidden]), select, textarea, button, a[href]";
  let opener = null;

  function open() {
    modal().setAttribute("role", "dialog");
    modal().setAttribute("aria-modal", "true");
    const title = modal().querySelector("h1, h2");
    if (title) title.id = "modal-title";
    modal().setAttribute("aria-labelledby", "modal-title");
    theme().openModal = true;
    Alpine.nextTick(() => modal().querySelector(FIRST)?.focus());
  }

  // What opened it may have been replaced meanwhile by an element with the same id.
  function back() {
    const there = opener?.isConnected ? opener : document.getElementById(opener?.id);
    there?.focus();
  }

  function fence(isOpen) {
    for (const part of document.body.children) {
      if (!part.contains(modal()) && part.id !== "modal-overlay") part.inert = isOpen;
    }
    if (!isOpen) back();
  }

  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { elt, target, xhr } = event.detail;
    if (target !== modal() || modal().contains(elt) || xhr.status !== 200) return;
    opener = elt;
    open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes-modal]")) theme().openModal = false;
  });
  // Not at "load": that comes as well where the line broke off before Alpine was there.
  document.addEventListener("alpine:initialized", () => Alpine.watch(() => theme().openModal, fence));
})();
