// Nothing fails in silence. A banner says at once when the server does not answer, when it refuses, and
// when it is there again; meanwhile buttons wait, and what was pressed is never sent later by itself.
const qcConnection = (() => {
  const FORBIDDEN = 403;
  const CONFLICT = 409;
  const TROUBLE = 500;
  const BACK_FOR = 6000;
  // So long after an answer the server counts as being there.
  const FRESH = 5000;
  // Who has pressed a key so lately goes on typing, and not into the sign-in page.
  const TYPING = 1500;
  const NOTHING_NEW = 204;
  const SAYS_SAVED = ["down", "trouble"];
  // Not all at the same moment: a server that starts has enough to do.
  const pause = () => 2000 + Math.random() * 2000;

  let state = "up"; // up, down, trouble (it answers with an error), ended (this page is over)
  let savedAt = null;
  let timer = null;
  let answeredAt = performance.now(); // by the page itself, to begin with
  let isSure = false; // that a plain form may be sent now
  let typedAt = -Infinity;

  const { page, reach, stamp } = qcRequests;
  const banner = () => document.getElementById("qc-connection");
  const part = (name) => banner().querySelector(`[data-${name}]`);
  // What a page asks or saves by itself, and what somebody has pressed.
  const isByItself = (detail) => !detail.requestConfig.triggeringEvent?.isTrusted;
  const isPress = (detail) => !isByItself(detail) && detail.requestConfig.verb !== "get";
  const pressed = (detail) => detail.requestConfig.triggeringEvent?.submitter;

  function clock(moment) {
    const zone = page().zone ? { timeZone: page().zone } : {};
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...zone }).format(moment);
  }

  function words(name) {
    const hasNotes = document.querySelector(".qc-notes") !== null;
    const text = (hasNotes && page()[`${name}Notes`]) || page()[name];
    const saved = hasNotes && savedAt && SAYS_SAVED.includes(name) ? ` ${page().saved.replace("{}", clock(savedAt))}` : "";
    return text + saved;
  }

  function show(name, text) {
    banner().dataset.state = name;
    banner().hidden = false;
    part("state").textContent = text;
    part("reload").hidden = name !== "ended";
    part("sign-in").hidden = true;
  }

  function hide() {
    part("state").textContent = "";
    delete banner().dataset.state;
    banner().hidden = part("press").hidden;
  }

  // Says that a press did nothing, until another one has done something or it is closed.
  function refuse(text) {
    part("press").querySelector("p").textContent = text;
    part("press").hidden = false;
    banner().hidden = false;
  }

  function forget() {
    part("press").hidden = true;
    banner().hidden = !banner().dataset.state;
  }

  function label(button) {
    const copy = button?.cloneNode(true);
    copy?.querySelectorAll(".material-symbols-outlined, kbd").forEach((icon) => icon.remove());
    return copy?.textContent.trim().replace(/\s+/g, " ") || page().button;
  }

  const notSent = (button) => refuse(page().notSent.replace("{}", label(button)));

  // Buttons are marked, not switched off: pressed, they say why they wait.
  const wait = (isWaiting) => document.documentElement.toggleAttribute("data-offline", isWaiting);

  async function look() {
    clearTimeout(timer);
    if (await reach()) up();
    else {
      down();
      timer = setTimeout(look, pause());
    }
  }

  function down() {
    if (state === "ended") return;
    if (state !== "down") document.dispatchEvent(new CustomEvent("qc:disconnected"));
    state = "down";
    show("down", words("down"));
    wait(true);
    clearTimeout(timer);
    timer = setTimeout(look, pause());
  }

  function up() {
    clearTimeout(timer);
    answeredAt = performance.now();
    if (state === "up" || state === "ended") return;
    const wasDown = state === "down";
    state = "up";
    wait(false);
    if (!wasDown) return hide();
    show("back", words("back"));
    setTimeout(() => state === "up" && hide(), BACK_FOR);
    document.dispatchEvent(new CustomEvent("qc:connected"));
  }

  function trouble() {
    if (state !== "up") return;
    state = "trouble";
    show("trouble", words("trouble"));
  }

  // The page is over: somebody else has signed in, or its user has lost the right to see it.
  function end(text) {
    clearTimeout(timer);
    state = "ended";
    wait(false);
    show("ended", text);
  }

  function signedOut() {
    end(words("signedOut"));
    part("reload").hidden = true;
    part("sign-in").hidden = false;
  }

  function refused(detail) {
    const { xhr } = detail;
    const why = xhr.getResponseHeader("QC-Refused");
    if (xhr.status === CONFLICT && why === "person") return end(xhr.responseText);
    if (xhr.status === FORBIDDEN && isByItself(detail)) return end(page().forbidden);
    if (xhr.status === FORBIDDEN) return refuse(why ? xhr.responseText : page().forbiddenPress);
    if (xhr.status < TROUBLE) return;
    // Every answer of ours has an id; an error without one comes from a proxy before us.
    if (!xhr.getResponseHeader("X-Request-ID")) down();
    else trouble();
    if (isPress(detail)) refuse(page().failed.replace("{}", label(pressed(detail))));
  }

  window.addEventListener("keydown", () => (typedAt = performance.now()), { capture: true, passive: true });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    const isSignedOut = xhr.status === NOTHING_NEW && xhr.getResponseHeader("HX-Refresh");
    if (!isSignedOut || performance.now() - typedAt >= TYPING) return;
    event.preventDefault();
    signedOut();
  });
  window.addEventListener("offline", down);
  window.addEventListener("online", look);
  document.addEventListener("htmx:sendError", (event) => {
    down();
    if (isPress(event.detail)) refuse(page().unsure.replace("{}", label(pressed(event.detail))));
  });
  document.addEventListener("htmx:timeout", down);
  document.addEventListener("htmx:responseError", (event) => refused(event.detail));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    up();
    if (isPress(event.detail)) forget();
  });
  document.addEventListener("qc:draft-saved", () => {
    savedAt = new Date();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (state === "ended" && isByItself(event.detail)) event.preventDefault();
    if (state !== "down" || !isPress(event.detail)) return;
    event.preventDefault();
    notSent(pressed(event.detail));
    look();
  });
  // Before other scripts, which may refuse the press without a word.
  window.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("form[hx-post] [type=submit]");
      if (!button || state !== "down") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      notSent(button);
      look();
    },
    true,
  );

  // A plain form is sent only when the server answers: otherwise the page with all that was typed on it
  // would give way to the browser's own error.
  async function send(form, submitter) {
    form.dataset.qcAsks = "yes";
    const isThere = await reach();
    delete form.dataset.qcAsks;
    if (!isThere) {
      down();
      return notSent(submitter);
    }
    up();
    isSure = true;
    form.requestSubmit(submitter);
    isSure = false;
  }

  document.addEventListener(
    "submit",
    (event) => {
      const { target: form, submitter } = event;
      const isPlain = form.method === "post" && !form.hasAttribute("hx-post");
      if (!isPlain || !page().alive) return;
      stamp(form);
      if (isSure || (state === "up" && performance.now() - answeredAt < FRESH)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!form.dataset.qcAsks) send(form, submitter);
    },
    true,
  );

  document.addEventListener("click", (event) => {
    if (event.target.closest("#qc-connection [data-closes-press]")) forget();
    if (event.target.closest("#qc-connection [data-reload]")) window.location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (!navigator.onLine) down();
  });

  return { isUp: () => state === "up" || state === "trouble" };
})();
