// What every request of a page carries: the newest token against forged requests (signing in in another
// tab makes a new one), and the person for whom the page was drawn.
const qcRequests = (() => {
  const TOKEN = "csrfmiddlewaretoken";
  const DRAWN_FOR = "qc_drawn_for";
  const WAIT = 8000;

  const page = () => document.getElementById("qc-page")?.dataset ?? {};
  const token = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? "";

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

  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, parameters, verb } = event.detail;
    if (page().person) headers["QC-Drawn-For"] = page().person;
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

  return { page, reach, stamp };
})();
