// What every request of a page carries: the newest token against forged requests (signing in in another
// tab makes a new one), and the person for whom the page was drawn.
const qcRequests = (() => {
  const TOKEN = "csrfmiddlewaretoken";
  const DRAWN_FOR = "qc_drawn_for";
  const WAIT = 8000;

  const page = () => document.getElementById("qc-page")?.dataset ?? {};
  const cookie = (name) => document.cookie.match(`(?:^|; ?)${name}=([^;]+)`)?.[1];
  // The first name is that with HTTPS. A cookie of the other may still be there from before.
  const token = () => cookie("__Host-csrftoken") ?? cookie("csrftoken") ?? "";

  // Asks whether the server is there; the answer renews the token.
  async function reach() {
    const headers = { "QC-Active": "no" };
    try {
      const answer = await fetch(page().alive, { headers, cache: "no-store", signal: AbortSignal.timeout(WAIT) });
      return answer.ok;
    } catch {
      return false;
    }
  }

  const drawnFor = () => (page().person ? { "QC-Drawn-For": page().person } : {});
  // Of a request that a script makes without htmx.
  const headers = () => ({ ...drawnFor(), "X-CSRFToken": token() });

  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, parameters, verb } = event.detail;
    Object.assign(headers, drawnFor());
    if (verb === "get" || !token()) return;
    headers["X-CSRFToken"] = token();
    parameters[TOKEN] = token();
  });

  // A request whose token was stale all the same is made once more.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, elt, requestConfig } = event.detail;
    const isStale = xhr.status === 403 && xhr.getResponseHeader("QC-Refused") === "token";
    if (!isStale || requestConfig.headers["QC-Again"]) return;
    event.preventDefault();
    repeat(elt, requestConfig);
  });

  async function repeat(elt, { verb, path, formData, triggeringEvent, target }) {
    await reach();
    const again = { source: elt, event: triggeringEvent, values: formData, headers: { "QC-Again": "yes" }, target };
    htmx.ajax(verb, path, again);
  }

  function put(form, name, value) {
    let field = form.querySelector(`input[name=${name}]`);
    if (!field) {
      field = document.createElement("input");
      Object.assign(field, { type: "hidden", name });
      form.append(field);
    }
    field.value = value;
  }

  // Called for a plain form, just before it is sent.
  function stamp(form) {
    if (page().person) put(form, DRAWN_FOR, page().person);
    if (token() && form.querySelector(`input[name=${TOKEN}]`)) put(form, TOKEN, token());
  }

  return { page, reach, stamp, headers };
})();
