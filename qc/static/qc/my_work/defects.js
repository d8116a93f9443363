// Defects are named by typing part of a code, a name or a group, by the buttons of the most frequent ones, or
// by their keys: a digit, while nothing is typed (shortcuts.js). Failed without a defect, where one is needed, comes here.
// Enter adds what is found first; once more, with nothing typed, it fails the check.
(() => {
  const MOST = 8;
  const AREA = "[data-defects]";
  const SEARCH = "[data-defect-search]";
  const ROW = "[data-defect]";
  const known = new WeakMap(); // by area: its codes
  let active = 0;

  const areaOf = (element) => element.closest(AREA);
  const searchOf = (area) => area.querySelector(SEARCH);
  const listOf = (area) => area.querySelector("[role=listbox]");
  const rowsOf = (area) => [...area.querySelectorAll(`.qc-defect-rows ${ROW}`)];
  const field = (row, part) => row.querySelector(`[name$="-${part}"]`);

  function codesOf(area) {
    if (!known.has(area)) known.set(area, JSON.parse(area.dataset.codes));
    return known.get(area);
  }

  // How well a code fits what was typed: 0 not at all; its own beginning first, then that of a name.
  function fit(one, words) {
    const text = `${one.code} ${one.name} ${one.also} ${one.group}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) return 0;
    const code = one.code.toLowerCase();
    if (code === words[0]) return 4;
    if (code.startsWith(words[0])) return 3;
    return ` ${one.name} ${one.also}`.toLowerCase().includes(` ${words[0]}`) ? 2 : 1;
  }

  function found(area) {
    const words = searchOf(area).value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const fitting = codesOf(area).map((one) => ({ one, fits: fit(one, words) })).filter(({ fits }) => fits);
    return fitting.sort((a, b) => b.fits - a.fits).slice(0, MOST).map(({ one }) => one);
  }

  function option(area, one, n) {
    const item = document.createElement("li");
    item.id = `${listOf(area).id}-${n}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(n === active));
    item.dataset.defectCode = one.code;
    const code = document.createElement("strong");
    code.textContent = one.code;
    const group = document.createElement("span");
    group.className = "qc-quiet";
    group.textContent = one.group;
    item.append(code, ` ${one.name} `, group);
    return item;
  }

  function show(area) {
    const [search, list, codes] = [searchOf(area), listOf(area), found(area)];
    const isOpen = search.value.trim() !== "";
    active = Math.max(Math.min(active, codes.length - 1), 0);
    list.replaceChildren(...codes.map((one, n) => option(area, one, n)));
    if (!codes.length) list.append(Object.assign(document.createElement("li"), { textContent: area.dataset.nothing }));
    list.hidden = !isOpen;
    search.setAttribute("aria-expanded", String(isOpen));
    if (isOpen && codes.length) search.setAttribute("aria-activedescendant", `${list.id}-${active}`);
    else search.removeAttribute("aria-activedescendant");
  }

  function tell(area, words, code) {
    area.querySelector("[data-defect-status]").textContent = words.replace("{}", code);
  }

  // The page's scripts save what was typed; a row that is gone can't tell them.
  const changed = (area) => area.closest(".qc-check").querySelector("[name=plan]").dispatchEvent(new Event("input", { bubbles: true }));

  function name(area, row) {
    const one = codesOf(area).find(({ code }) => code === field(row, "code").value);
    row.querySelector("[data-defect-named]").textContent = one?.name ?? "";
  }

  const free = (area) => Math.max(-1, ...rowsOf(area).map((row) => Number(field(row, "code").name.split("-")[1]))) + 1;

  function newRow(area, n, one) {
    const row = area.querySelector("template").content.querySelector(ROW).cloneNode(true);
    for (const part of row.querySelectorAll("[name]")) part.name = part.name.replace("{}", n);
    field(row, "code").value = one.code;
    field(row, "severity").value = one.severity;
    row.querySelector("[data-defect-shown]").textContent = one.code;
    area.querySelector(".qc-defect-rows").append(row);
    name(area, row);
    return row;
  }

  // The same code once more is one piece more, unless its row says something of its own.
  function sameRow(area, one) {
    return rowsOf(area).find((row) => field(row, "code").value === one.code && !field(row, "note").value && !field(row, "item")?.value);
  }

  function add(area, code) {
    const one = codesOf(area).find((each) => each.code === code);
    if (!one) return;
    const there = sameRow(area, one);
    if (there) field(there, "quantity").value = (Number(field(there, "quantity").value) || 0) + 1;
    if (!there) newRow(area, free(area), one);
    const search = searchOf(area);
    search.value = "";
    area.querySelector("[data-defect-errors]").textContent = "";
    active = 0;
    show(area);
    tell(area, area.dataset.added, `${one.code} ${one.name}`);
    changed(area);
    search.focus();
  }

  function remove(area, row) {
    const code = field(row, "code").value;
    row.remove();
    tell(area, area.dataset.removed, code);
    changed(area);
    searchOf(area).focus();
  }

  function move(area, by) {
    const n = found(area).length;
    active = n ? (active + by + n) % n : 0;
    show(area);
    listOf(area).querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function enter(area) {
    const search = searchOf(area);
    if (search.value.trim()) return add(area, found(area)[active]?.code);
    if (rowsOf(area).length) search.form.querySelector("button[value=failed]")?.click();
  }

  function pressed(event) {
    const area = areaOf(event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") enter(area);
    else if (event.key === "ArrowDown") move(area, 1);
    else if (event.key === "ArrowUp") move(area, -1);
    else if (event.key === "Escape" && event.target.value) {
      event.target.value = "";
      show(area);
    } else return;
    event.preventDefault();
  }

  function fails(event, button) {
    const area = button.form?.querySelector(AREA);
    if (!area || !("required" in area.dataset) || rowsOf(area).length || "impossible" in button.dataset) return;
    event.preventDefault();
    event.stopPropagation();
    searchOf(area).focus({ preventScroll: true });
    searchOf(area).scrollIntoView({ block: "center" });
  }

  // What a refused check says of defects and quantities.
  function showErrors(check, errors) {
    for (const place of check.querySelectorAll("[data-quantity-error]")) place.textContent = errors[place.dataset.quantityError] ?? "";
    const area = check.querySelector(AREA);
    if (!area) return;
    area.querySelector("[data-defect-errors]").textContent = errors.defects ?? "";
    rowsOf(area).forEach((row, n) => {
      const parts = Object.entries(errors).filter(([one]) => one.startsWith(`defects.${n}.`));
      row.querySelector("[data-defect-error]").textContent = parts.map(([, words]) => words).join(" ");
    });
    const wrong = check.querySelector(".qc-quantity:has(.qc-error:not(:empty)) input, [data-defect]:has(.qc-error:not(:empty)) input:not([type=hidden])");
    if (wrong && !Object.keys(errors).some((one) => one.startsWith("answers."))) wrong.focus();
    else if (errors.defects) searchOf(area).focus();
  }

  // Rows as they were sent from elsewhere; their other fields are filled in by who asks for it.
  function restore(check, fields) {
    const area = check.querySelector(AREA);
    if (!area) return;
    for (const row of rowsOf(area)) row.remove();
    for (const [named, code] of fields) {
      const n = /^defect-(\d+)-code$/.exec(named)?.[1];
      if (n !== undefined) newRow(area, n, codesOf(area).find((one) => one.code === code) ?? { code, severity: "" });
    }
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches(SEARCH)) return;
    active = 0;
    show(areaOf(event.target));
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.(SEARCH)) pressed(event);
  });
  document.addEventListener("click", (event) => {
    const area = areaOf(event.target);
    const chosen = event.target.closest("[data-defect-code]");
    const removes = event.target.closest("[data-defect-removes]");
    if (area && chosen) add(area, chosen.dataset.defectCode);
    if (area && removes) remove(area, removes.closest(ROW));
  });
  document.addEventListener("qc:check-errors", (event) => showErrors(event.target, event.detail.errors));
  document.addEventListener("qc:check-restore", (event) => restore(event.target, event.detail.fields));
  // Before other scripts, which would send it.
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest("button[name=outcome][value=failed]");
      if (button) fails(event, button);
    },
    true,
  );
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.(SEARCH)) setTimeout(() => (listOf(areaOf(event.target)).hidden = true), 200);
  });

  function nameAll() {
    for (const area of document.querySelectorAll(AREA)) for (const row of rowsOf(area)) name(area, row);
  }
  document.addEventListener("htmx:afterSettle", nameAll);
  nameAll();
})();
