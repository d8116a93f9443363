// The editor of a check plan shows of each item only the fields that its kind of answer needs. Without
// this script all are there. A field with an error, or with something in it that its kind can't have, stays.
(() => {
  const NEEDED_BY = {
    options: ["choice"],
    unit: ["number"],
    decimals: ["number"],
    lower: ["number"],
    upper: ["number"],
    is_critical: ["ok", "choice", "number"],
    weight: ["ok", "choice", "number"],
  };

  const fieldOf = (item, name) => item.querySelector(`[name$="-${name}"]:not([type=hidden])`);
  const boxOf = (field) => field.closest(".field-line") ?? field.parentElement;
  const isFilled = (field) => (field.type === "checkbox" ? field.checked : field.value.trim() !== "");
  const mayMatter = (field, name) => !["decimals", "weight"].includes(name) && isFilled(field);

  function showNeeded(item) {
    const kind = fieldOf(item, "kind")?.value;
    for (const [name, kinds] of Object.entries(NEEDED_BY)) {
      const field = fieldOf(item, name);
      if (!field || !kind) continue;
      const box = boxOf(field);
      const isShown = kinds.includes(kind) || mayMatter(field, name) || box.querySelector(".errorlist, [id$=_error]");
      box.toggleAttribute("hidden", !isShown);
    }
  }

  // What an item may depend on: the questions that are on the page.
  function listQuestions() {
    let list = document.getElementById("qc-questions");
    if (!list) {
      list = document.createElement("datalist");
      list.id = "qc-questions";
      document.body.append(list);
    }
    const questions = [...document.querySelectorAll('.form-group:not(.empty-form) [name$="-question"]:not([type=hidden])')];
    list.replaceChildren(...questions.filter((one) => one.value).map((one) => new Option("", one.value)));
    document.querySelectorAll('[name$="-only_if"]:not([type=hidden])').forEach((one) => one.setAttribute("list", list.id));
  }

  // A new item is open, ready to be written. Alpine knows it only some turns after it was added.
  function open(item, tries = 30) {
    const data = window.Alpine?.$data(item);
    if (data?.openRow === undefined) {
      if (tries) requestAnimationFrame(() => open(item, tries - 1));
      return;
    }
    data.openRow = true;
    focusOnceShown(fieldOf(item, "question"));
  }

  // Alpine shows it in a turn of its own: what is hidden takes no focus.
  function focusOnceShown(field) {
    if (field.checkVisibility()) field.focus();
    else if (field.isConnected) requestAnimationFrame(() => focusOnceShown(field));
  }

  // Who can't drag moves an item by keys.
  function move(title, by) {
    const item = title.closest(".form-group");
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other?.matches(".form-group.original")) return;
    other.insertAdjacentElement(by < 0 ? "beforebegin" : "afterend", item);
    const saved = item.parentElement.querySelectorAll(".form-group.original");
    saved.forEach((one, at) => (one.querySelector('[name$="-position"]').value = at));
    title.focus();
  }

  const items = () => document.querySelectorAll("#items-group .form-group");

  document.addEventListener("DOMContentLoaded", () => {
    items().forEach(showNeeded);
    listQuestions();
  });
  document.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey || !event.target.matches?.("#items-group .original h3")) return;
    event.preventDefault();
    move(event.target, by);
  });
  document.addEventListener("change", ({ target }) => {
    const item = target.closest?.("#items-group .form-group");
    if (!item) return;
    showNeeded(item);
    listQuestions();
  });
  document.addEventListener("formset:added", ({ target }) => {
    showNeeded(target);
    listQuestions();
    open(target);
  });
})();
