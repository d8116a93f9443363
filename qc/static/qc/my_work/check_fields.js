// What somebody has typed for a task: the notes, and the fields of its check behind a separator. Drafts, the
// copy that the browser keeps and the cards pass it on as one text.
const qcFields = (() => {
  const SEPARATOR = "\u001f";
  const OTHERS = ["csrfmiddlewaretoken", "version", "notes", "outcome", "plan"];

  const checkOf = (notes) => notes.form?.querySelector(".qc-check");
  const isField = ([name, value]) => !OTHERS.includes(name) && typeof value === "string" && value.trim() !== "";
  const fieldsNamed = (form, name) => [...form.elements].filter((field) => field.name === name);

  // The notes field of the form that a field of a check belongs to, or the notes field itself.
  function notesOf(field) {
    if (field.matches?.(".qc-notes")) return field;
    const isOfCheck = field.name && field.type !== "file" && field.closest?.("#my-work .qc-check");
    return isOfCheck ? field.form.querySelector(".qc-notes") : null;
  }

  function inWords(form, name, value) {
    const field = fieldsNamed(form, name).find((one) => one.type !== "radio" || one.value === value);
    const question = field?.closest("[data-question]")?.dataset.question;
    const shown = field?.type === "radio" ? field.closest("label").querySelector("span").textContent : value;
    return question ? `${question}: ${shown}` : `${name}: ${value}`;
  }

  function join(text, fields) {
    return fields.length ? text + SEPARATOR + JSON.stringify(fields) : text;
  }

  function split(whole) {
    const [text, fields] = whole.split(SEPARATOR);
    return { text, fields: fields ? JSON.parse(fields) : [] };
  }

  function read(notes) {
    if (!checkOf(notes)) return notes.value;
    const found = [...new FormData(notes.form)].filter(isField);
    return join(notes.value, found.map(([name, value]) => [name, value, inWords(notes.form, name, value)]));
  }

  function put(field, values) {
    if (field.type === "radio") field.checked = values.includes(field.value);
    else field.value = values.shift() ?? "";
  }

  // Rows that are not on the page yet are made by whoever listens.
  function write(notes, whole) {
    const { text, fields } = split(whole);
    notes.value = text;
    const check = checkOf(notes);
    if (!check) return;
    check.dispatchEvent(new CustomEvent("qc:check-restore", { bubbles: true, detail: { fields } }));
    const values = valuesByName(fields);
    for (const field of check.querySelectorAll("input, select, textarea")) {
      if (!field.name || OTHERS.includes(field.name) || ["file", "hidden"].includes(field.type)) continue;
      put(field, values.get(field.name) ?? []);
    }
    check.dispatchEvent(new Event("qc:check-changed", { bubbles: true }));
  }

  function valuesByName(fields) {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    return values;
  }

  function words(whole) {
    const { text, fields } = split(whole);
    return [text, ...fields.map(([, , line]) => line)].join("\n").trim();
  }

  const plain = (whole) => {
    const { text, fields } = split(whole);
    return JSON.stringify([text, fields.map(([name, value]) => [name, value.trim()]).sort()]);
  };
  const isSame = (one, other) => plain(one) === plain(other);

  return { notesOf, read, write, join, words, isSame };
})();
