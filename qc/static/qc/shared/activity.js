// Tells the server with each request of htmx whether a person is there: QC-Active is "yes" when
// somebody has done something since the last request that said so, or when it is their own press.
// Scrolling does not count: pages scroll by themselves too.
(() => {
  let hasActed = false;
  let pointer = "";

  const act = (event) => {
    if (event.isTrusted) hasActed = true;
  };

  // A page that is drawn anew under a pointer that lies still moves it, too, for the browser.
  function move(event) {
    const now = `${event.screenX},${event.screenY}`;
    if (pointer && pointer !== now) act(event);
    pointer = now;
  }

  for (const kind of ["pointerdown", "keydown", "touchstart", "touchmove", "wheel"]) {
    window.addEventListener(kind, act, { capture: true, passive: true });
  }
  window.addEventListener("pointermove", move, { capture: true, passive: true });

  document.addEventListener("htmx:configRequest", (event) => {
    const isActive = hasActed || event.detail.triggeringEvent?.isTrusted === true;
    event.detail.headers["QC-Active"] = isActive ? "yes" : "no";
    if (isActive) hasActed = false;
  });
  // What did not arrive was not told.
  document.addEventListener("htmx:sendError", (event) => {
    hasActed ||= event.detail.requestConfig?.headers["QC-Active"] === "yes";
  });
})();
