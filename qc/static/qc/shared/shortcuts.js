// Keys that press what names them. data-key works always: "Ctrl+Enter" (Cmd on a Mac) while typing too,
// "Shift+ArrowLeft" only where nothing is typed. data-single-key is one letter alone, and works only on
// pages of people who have switched that on ([data-single-keys]).
// Keys within 50 ms of each other come from a scanner: they are never commands.
(() => {
  const GAP = 50;
  const A_SCAN = 3;
  const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "Dead"];
  const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
  const TYPED = "input:not(.qc-check [type=radio]), select, textarea, [contenteditable], [role=menu]";
  let last = -Infinity;
  let lastKey = "";
  let burst = 0; // keys in a row, each within the gap of the one before
  let characters = 0; // how many of these write something, before the key that is pressed now
  let begun = {}; // the field in which the burst began, what it had then, and what the burst has written
  let letter = null;

  // No scanner presses Ctrl or Cmd; AltGr is Ctrl and Alt for some browsers.
  const isCombined = (event) => (event.ctrlKey || event.metaKey) && !event.altKey;

  function count(event) {
    const goesOn = event.timeStamp - last < GAP && !isCombined(event);
    const hasWritten = goesOn && lastKey.length === 1;
    burst = goesOn ? burst + 1 : 1;
    characters = hasWritten ? characters + 1 : 0;
    [last, lastKey] = [event.timeStamp, event.key];
    if (!goesOn) begun = { field: event.target, value: event.target.value, text: "" };
    if (event.key.length === 1) begun.text += event.key;
  }

  function nameOf(event) {
    const isControl = IS_MAC ? event.metaKey : event.ctrlKey;
    if (event.altKey || (!isControl && (event.ctrlKey || event.metaKey))) return null;
    const isLetter = event.key.length === 1;
    return (isControl ? "Ctrl+" : "") + (event.shiftKey && !isLetter ? "Shift+" : "") + event.key;
  }

  function press(target) {
    if (!target?.isConnected || target.disabled) return;
    if (target.getAttribute("aria-disabled") !== "true") {
      target.click();
      if (target.matches("[data-digit]")) target.dispatchEvent(new CustomEvent("qc:answered", { bubbles: true }));
    } else target.dispatchEvent(new CustomEvent("qc:key-refused", { bubbles: true }));
  }

  const find = (kind, key) => document.querySelector(`[${kind}="${CSS.escape(key)}"]`);

  // A letter waits for what follows it: in a scan, it is the first character of that.
  function hold(event, target) {
    event.preventDefault();
    letter = { text: event.key, timer: setTimeout(() => { letter = null; press(target); }, GAP + 10) };
  }

  function release() {
    if (!letter) return;
    clearTimeout(letter.timer);
    document.dispatchEvent(new CustomEvent("qc:scan-begun", { detail: letter.text }));
    letter = null;
  }

  // In an item of a check, a digit is one of its answers, and 0 says OK to the rest of its section; in the
  // empty search for defects, it is one of the most frequent.
  function answer(event) {
    if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return null;
    const search = event.target.closest("[data-defect-search]");
    if (search) return search.value ? null : search.closest("[data-defects]").querySelector(`[data-defect-digit="${event.key}"]`);
    const item = event.target.closest(".qc-item");
    if (!item) return null;
    if (event.target.matches("textarea, select, input:not([type=radio])")) return null;
    if (event.key === "0") return item.closest("[data-section]").querySelector("[data-all-ok]");
    return item.querySelector(`[data-digit="${event.key}"]`);
  }

  // A scanner ends with Enter: that must neither press the button nor send the form that has the focus.
  function endsScan(event) {
    if (characters < A_SCAN || !["Enter", " ", "Tab"].includes(event.key)) return false;
    if (event.key !== " ") document.dispatchEvent(new CustomEvent("qc:scan-ended", { detail: begun }));
    return !event.target.closest("textarea, [data-takes-scans]");
  }

  function command(event) {
    const key = nameOf(event);
    const chosen = answer(event);
    if (chosen && !event.repeat) return hold(event, chosen);
    if (!key || event.target.closest("dialog, [popover]")) return;
    if (!key.startsWith("Ctrl+") && event.target.closest(TYPED)) return;
    const single = document.querySelector("[data-single-keys]") && find("data-single-key", key);
    if (single && !event.repeat) return hold(event, single);
    const target = find("data-key", key);
    if (!target || (event.repeat && target.matches("button"))) return;
    event.preventDefault();
    press(target);
  }

  window.addEventListener(
    "keydown",
    (event) => {
      if (!event.key || MODIFIERS.includes(event.key)) return;
      if (!event.repeat) count(event);
      if (burst > 1) release();
      if (endsScan(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (burst === 1 && !event.defaultPrevented) {
        command(event);
      }
    },
    true,
  );
})();
