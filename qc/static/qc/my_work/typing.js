// Whoever is in the middle of a sentence is not interrupted: what takes their task away waits for a pause.
// When it has come, keys do nothing until there was a pause, so that the rest of the sentence is not taken
// for commands, a scan, or notes of another task.
const qcTyping = (() => {
  const STILL = 1500;
  const LONGEST = 15000;
  const PAUSE = 1000;
  const NOTES = ".qc-complete :is(input, textarea)";
  const LINES = ["Enter", "Backspace", "Delete"];
  let typedAt = -Infinity;
  let waitsSince = null;
  let timer = null;
  let deadUntil = -Infinity;

  const now = () => performance.now();
  const isTyping = () => now() - typedAt < STILL;

  // Whether what is about to come waits; then `again` is called at the first pause.
  function waits(again) {
    if (isTyping()) waitsSince ??= now();
    if (!isTyping() || now() - waitsSince >= LONGEST) {
      waitsSince = null;
      return false;
    }
    clearTimeout(timer);
    timer = setTimeout(again, Math.min(typedAt + STILL, waitsSince + LONGEST) - now() + 10);
    return true;
  }

  function interrupted() {
    waitsSince = null;
    deadUntil = now() + PAUSE;
  }

  const isWritten = (event) => LINES.includes(event.key) || (event.key?.length === 1 && !event.ctrlKey && !event.metaKey);

  // Before other scripts: these keys are nobody's.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.target.matches?.(NOTES)) typedAt = now();
      if (now() >= deadUntil || !isWritten(event)) return;
      deadUntil = now() + PAUSE;
      event.preventDefault();
      event.stopImmediatePropagation();
      document.dispatchEvent(new CustomEvent("qc:key-refused"));
    },
    true,
  );

  return { waits, interrupted };
})();
