// An ended session keeps what was typed. Each form's changed fields stay in this tab, by person and page;
// the sign-in page, or a refusal, marks them, and back on their page they are put back. A page that
// answers in any other way has taken them, or its user has left it: then they are dropped.
(() => {
  const PREFIX = "qc-form/";
  const KEPT_FOR = 12 * 3600 * 1000;
  const NEVER = "[type=password], [type=file], [type=hidden], .qc-notes, .qc-check *, .qc-matrix *, [data-takes-scans], [data-not-kept]";

  const page = () => qcRequests.page();
  const person = () => page().person?.split("/")[0] ?? "";
  const nameOf = (form) => form.id || form.getAttribute("hx-post") || form.getAttribute("action") || "form";
  const place = (form) => `${PREFIX}${person()}/${location.pathname}#${nameOf(form)}`;
  const isKept = (form) => form?.method === "post" && person() && !form.querySelector("[type=password]");

  function read(name) {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  }

  function write(name, entry) {
    try {
      sessionStorage.setItem(name, JSON.stringify(entry));
    } catch {
      // Full or forbidden: it is on the page all the same.
    }
  }

  function entries() {
    const names = Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
    return names.map((name) => [name, read(name)]).filter(([, entry]) => entry);
  }

  const isBox = (field) => ["checkbox", "radio"].includes(field.type);
  const idOf = (field) => (isBox(field) ? `${field.name}=${field.value}` : field.name);
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !field.matches(`button, fieldset, ${NEVER}`));
  const valueOf = (field) => {
    if (isBox(field)) return field.checked;
    return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
  };

  function original(field) {
    if (isBox(field)) return field.defaultChecked;
    if (!field.options) return field.defaultValue;
    const chosen = [...field.options].filter((option) => option.defaultSelected).map((option) => option.value);
    if (field.multiple) return chosen;
    return chosen.at(-1) ?? field.options[0]?.value ?? "";
  }

  const isChanged = (field) => JSON.stringify(valueOf(field)) !== JSON.stringify(original(field));

  function labelOf(field) {
    const label = field.labels?.[0]?.cloneNode(true);
    label?.querySelectorAll("span, input").forEach((part) => part.remove());
    return label?.textContent.trim().replace(/\s+/g, " ") || field.getAttribute("aria-label") || field.name;
  }

  function keep(form) {
    const name = place(form);
    // On a page that shows a form again with its errors, earlier changes are no longer seen as such.
    const earlier = page().method === "POST" ? (read(name)?.fields ?? {}) : {};
    const changed = fieldsOf(form).filter(isChanged);
    const fields = { ...earlier };
    for (const field of changed) fields[idOf(field)] = { value: valueOf(field), label: labelOf(field) };
    if (Object.keys(fields).length === 0) sessionStorage.removeItem(name);
    else write(name, { fields, at: Date.now(), isInterrupted: false });
  }

  function fill(field, { value }) {
    if (isBox(field)) field.checked = value;
    else if (!field.multiple) field.value = value;
    else for (const option of field.options) option.selected = value.includes(option.value);
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  function line(form, name) {
    const note = document.getElementById("qc-kept-line").content.firstElementChild.cloneNode(true);
    note.querySelector("button").addEventListener("click", () => {
      for (const field of fieldsOf(form)) fill(field, { value: original(field) });
      sessionStorage.removeItem(name);
      note.remove();
    });
    form.prepend(note);
  }

  function restore(form) {
    const name = place(form);
    const entry = read(name);
    if (!isKept(form) || !entry?.isInterrupted) return false;
    const here = fieldsOf(form).filter((field) => idOf(field) in entry.fields);
    if (here.length === 0) return false;
    for (const field of here) fill(field, entry.fields[idOf(field)]);
    write(name, { ...entry, isInterrupted: false });
    line(form, name);
    document.querySelector(`[data-kept-form="${CSS.escape(name)}"]`)?.remove();
    return form.checkVisibility?.() ?? true;
  }

  // What has no form on the page, as that of a dialog, is shown for copying.
  function show(name, entry) {
    const card = document.getElementById("qc-kept-card").content.firstElementChild.cloneNode(true);
    card.dataset.keptForm = name;
    for (const { label, value } of Object.values(entry.fields)) {
      if (typeof value !== "string") continue;
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, text.textContent] = [label, value];
      card.querySelector("dl").append(term, text);
    }
    card.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(name);
      card.remove();
    });
    document.getElementById("content")?.prepend(card);
  }

  function interrupt() {
    for (const [name, entry] of entries()) write(name, { ...entry, isInterrupted: true });
    const note = document.querySelector("[data-kept-note]");
    if (note) note.hidden = entries().length === 0;
  }

  function arrive() {
    const ours = `${PREFIX}${person()}/`;
    const herePrefix = `${ours}${location.pathname}#`;
    for (const [name, entry] of entries()) {
      if (entry.at < Date.now() - KEPT_FOR) sessionStorage.removeItem(name);
      else if (!name.startsWith(ours)) continue;
      else if (!entry.isInterrupted) leave(name, herePrefix);
    }
    const forms = [...document.forms].filter((form) => form.method === "post");
    const shown = new Set(forms.map((form) => [place(form), restore(form)]).filter(([, ok]) => ok).map(([name]) => name));
    for (const [name, entry] of entries()) {
      const isHere = name.startsWith(herePrefix) && !shown.has(name);
      if (isHere && (entry.isInterrupted || entry.isHidden)) show(name, entry);
    }
  }

  // A form shown again with its errors has not been taken yet.
  function leave(name, herePrefix) {
    if (page().method !== "POST" || !name.startsWith(herePrefix)) sessionStorage.removeItem(name);
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (form && isKept(form) && !event.target.matches(NEVER)) keep(form);
    });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr, successful } = event.detail;
    const form = elt.closest?.("form");
    const isTaken = successful && !xhr.getResponseHeader("HX-Refresh");
    if (form && event.detail.requestConfig.verb === "post" && isTaken) sessionStorage.removeItem(place(form));
  });
  document.addEventListener("htmx:load", (event) => {
    if (document.readyState !== "complete") return;
    event.detail.elt.querySelectorAll?.("form").forEach(restore);
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (!person() || document.querySelector("[data-interrupts]")) interrupt();
    else arrive();
  });
})();
