// Asks whether anything is new on a page with a panel that has data-look: often while somebody looks at
// it, more seldom in a tab in the background, and where nothing has moved for minutes unless its person
// waits (data-waits). What the panel has seen is sent along, so that "nothing" costs the server nothing.
const qcLooks = (() => {
  const SECOND = 1000;
  const [OFTEN, SELDOM, HIDDEN] = [3 * SECOND, 9 * SECOND, 30 * SECOND];
  const STILL = 300 * SECOND;
  const NOTHING_NEW = 204;
  const clock = new Worker(document.currentScript.dataset.clock);
  const panel = () => document.querySelector("[data-look]");
  const now = () => performance.now();
  const since = (moment) => now() - moment;
  let askedAt = now();
  let movedAt = now();
  let rests = () => false;

  function pause() {
    const isHidden = document.visibilityState === "hidden";
    if ("waits" in panel().dataset) return isHidden ? SELDOM : OFTEN;
    if (isHidden) return HIDDEN;
    return since(movedAt) < STILL ? OFTEN : SELDOM;
  }

  const look = () => htmx.trigger(panel(), "look");

  // Its ticks come a little early or late.
  clock.onmessage = () => {
    if (since(askedAt) >= pause() - SECOND && !rests()) look();
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !rests()) look();
  });
  document.addEventListener("qc:connected", () => !rests() && look());

  document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
    if (elt !== panel()) return;
    askedAt = now();
    if (elt.dataset.look) parameters.look = elt.dataset.look;
  });
  // A panel that is drawn anew has its own.
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
    const seen = xhr.status === NOTHING_NEW ? xhr.getResponseHeader("QC-Look") : null;
    if (seen !== null) panel().dataset.look = seen;
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target === panel()) movedAt = now();
  });

  return { look, restWhile: (condition) => (rests = condition) };
})();
