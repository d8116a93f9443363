// Scan to work: what is scanned or typed while nothing else wants it goes into the scan field.
const qcScan = (() => {
  const form = document.getElementById("scan");
  const field = form.elements.reference;
  const EDITABLE = "input:not(.qc-check [type=radio]), select, textarea, [contenteditable], dialog, [popover], [role=menu]";

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

  // Letters are no answer to these; digits can be a measuring device's.
  const NO_LETTERS = "#my-work .qc-check :is([type=date], select)";
  const NUMBERS = "#my-work .qc-check :is([inputmode=decimal], [inputmode=numeric])";
  const isNumber = (text) => /^[-−+]?[0-9]+([.,][0-9]+)?$/.test(text);

  function put(answer, value) {
    answer.value = value;
    answer.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Where a scan is no answer, the one that was there stays, and the scan is one to work.
  function end({ field: answer, value, text }) {
    if (answer.matches("[data-item] [data-takes-scans]")) return put(answer, text);
    const isAnswer = !answer.matches(NO_LETTERS) && !(answer.matches(NUMBERS) && !isNumber(text));
    if (isAnswer || answer.closest("dialog")) return;
    put(answer, value);
    take(text);
    form.requestSubmit();
  }

  document.addEventListener("qc:scan-ended", (event) => end(event.detail));

  // Some scanners end with Tab.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.shiftKey || !field.value) return;
    event.preventDefault();
    form.requestSubmit();
  });

  // The label of a task that waits for its scan, scanned into its notes, is no part of them.
  const GAP = 50;
  const burst = { text: "", at: -Infinity };

  function follow(event) {
    const goesOn = event.timeStamp - burst.at < GAP;
    if (event.key.length === 1) burst.text = (goesOn ? burst.text : "") + event.key;
    if (event.key.length === 1 || event.key === "Shift") burst.at = event.timeStamp;
    return goesOn;
  }

  function takeOut(notes, text) {
    const end = notes.selectionStart;
    if (notes.value.slice(end - text.length, end) !== text) return false;
    notes.setRangeText("", end - text.length, end, "end");
    notes.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  function startsTask(notes) {
    const isOwn = burst.text.toUpperCase() === notes.dataset.reference.toUpperCase();
    return document.querySelector(".qc-scan-first") && isOwn && takeOut(notes, burst.text);
  }

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".qc-notes") || event.ctrlKey || event.metaKey || !event.key) return;
    if (!follow(event) || event.key !== "Enter" || !startsTask(event.target)) return;
    event.preventDefault();
    field.value = burst.text;
    form.requestSubmit();
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) field.value = "";
  });

  return { take, form, field };
})();
