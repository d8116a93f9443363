// Scan to work: what is scanned or typed while nothing else wants it goes into the scan field.
const qcScan = (() => {
  const form = document.getElementById("scan");
  const field = form.elements.reference;
  const EDITABLE = "input, select, textarea, [contenteditable], dialog, [popover], [role=menu]";

  // What is left from the last scan is replaced.
  function take(text = "") {
    field.focus({ preventScroll: true });
    field.select();
    if (text) field.value = text;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.length !== 1 || event.key === " " || document.activeElement.closest(EDITABLE)) return;
    if (document.querySelector("dialog:modal, :popover-open")) return;
    take();
  });
  document.addEventListener("qc:scan-begun", (event) => take(event.detail));

  // Some scanners end with Tab.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || !field.value) return;
    event.preventDefault();
    form.requestSubmit();
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) field.value = "";
  });

  return { take, form, field };
})();
