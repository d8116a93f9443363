// A task that has been visible for three seconds is started: the form #opened says so. The clock stands
// while the page is hidden.
const qcOpened = (() => {
  const LONG_ENOUGH = 3000;
  let timer = null;
  let since = 0;
  let left = LONG_ENOUGH;

  const form = () => document.getElementById("opened");

  function run() {
    if (!form() || timer || document.visibilityState !== "visible") return;
    since = performance.now();
    timer = setTimeout(() => {
      timer = null;
      left = LONG_ENOUGH;
      if (form()) htmx.trigger(form(), "opened");
    }, left);
  }

  function pause() {
    if (!timer) return;
    clearTimeout(timer);
    timer = null;
    left -= performance.now() - since;
  }

  function begin() {
    pause();
    left = LONG_ENOUGH;
    run();
  }

  // It is known now, and the page need not be drawn anew for it.
  function done() {
    pause();
    form()?.remove();
  }

  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? run() : pause()));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form()) return;
    if (event.detail.successful) done();
    else run();
  });
  document.addEventListener("qc:draft-saved", done);

  return { begin };
})();
