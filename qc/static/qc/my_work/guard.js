// No blind pass. For 800 ms after another task has come nothing on the panel can be pressed, by click or
// key; after that a press must have begun since, and a mouse must have moved: so a repeated click, or one
// by a pointer that lies there, passes nothing.
const qcGuard = (() => {
  const QUIET = 800;
  const MOVED = 4;
  const HINTS = ["needs-move", "needs-look"];
  const OUTCOME = "button[name=outcome]";
  const PRESSED = "#my-work :is(button, a[role=button])";
  let until = performance.now() + QUIET;
  let pressed = { at: 0, isMouse: false };
  let pointer = null;
  let hasMoved = true;

  const panel = () => document.getElementById("my-work");
  const isQuiet = () => performance.now() < until;
  const isOffline = () => document.documentElement.hasAttribute("data-offline");

  // Shows that the buttons wait, and that they no longer do.
  function show() {
    const isWaiting = isQuiet();
    panel()?.toggleAttribute("data-quiet", isWaiting);
    for (const button of document.querySelectorAll(PRESSED)) {
      if (isWaiting) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
    if (isWaiting) setTimeout(show, until - performance.now() + 1);
  }

  function begin() {
    until = performance.now() + QUIET;
    hasMoved = false;
    show();
  }

  // Says why a press did nothing: one of the hints, or "".
  function hint(name) {
    for (const one of HINTS) document.getElementById(one)?.toggleAttribute("hidden", one !== name);
  }

  // A press that comes too early was not for this task: the wait begins anew.
  function wait() {
    until = performance.now() + QUIET;
    show();
    hint("needs-look");
  }

  function noteMove(event) {
    if (event.pointerType !== "mouse") return;
    const { clientX: x, clientY: y } = event;
    pointer ??= { x: x - event.movementX, y: y - event.movementY };
    if (Math.hypot(x - pointer.x, y - pointer.y) < MOVED) return;
    pointer = { x, y };
    hasMoved = true;
    if (!isQuiet()) hint("");
  }

  // A click by a script of ours, or by a key, has no pointer.
  const isByPointer = (event) => event.isTrusted && event.detail > 0;

  function refuses(event, button) {
    if (isQuiet() || (isByPointer(event) && pressed.at < until)) {
      wait();
      return true;
    }
    if (!button.matches(OUTCOME)) return false;
    const mustMove = isByPointer(event) && pressed.isMouse && !hasMoved;
    hint(mustMove ? "needs-move" : "");
    return mustMove || isOffline();
  }

  document.addEventListener("pointermove", noteMove, true);
  document.addEventListener(
    "pointerdown",
    (event) => {
      pressed = { at: event.timeStamp, isMouse: event.pointerType === "mouse" };
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest(PRESSED);
      if (!button || !refuses(event, button)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  document.addEventListener("qc:key-refused", wait);
  show();

  return { begin };
})();
