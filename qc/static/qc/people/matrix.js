// Sends only the boxes that were changed; narrows the rows by name; arrow keys go from box to box.
(() => {
  const table = document.getElementById("matrix");
  const form = document.getElementById("matrix-form");
  if (!table || !form) return;
  const rows = [...table.tBodies[0].rows];
  const status = document.getElementById("matrix-changes");
  const nobody = document.getElementById("matrix-nobody");
  const query = document.getElementById("matrix-query");
  const changed = new Set();
  let isSent = false;

  function show() {
    const n = changed.size;
    const { none, one, many } = status.dataset;
    status.textContent = n === 0 ? none : n === 1 ? one : many.replace("{n}", n);
  }

  // A browser may keep what was ticked before the page was loaded again.
  for (const box of table.querySelectorAll("input")) box.checked = box.defaultChecked;

  table.addEventListener("change", ({ target }) => {
    const isChanged = target.checked !== target.defaultChecked;
    target.toggleAttribute("data-changed", isChanged);
    changed[isChanged ? "add" : "delete"](target);
    show();
  });

  form.addEventListener("submit", (event) => {
    if (!changed.size) {
      event.preventDefault();
      return;
    }
    isSent = true;
  });

  form.addEventListener("formdata", ({ formData }) => {
    const values = (isOn) => [...changed].filter((box) => box.checked === isOn).map((box) => box.value).join(" ");
    formData.delete("on");
    formData.delete("were");
    formData.set("add", values(true));
    formData.set("remove", values(false));
  });

  window.addEventListener("beforeunload", (event) => {
    if (changed.size && !isSent) event.preventDefault();
  });

  query.addEventListener("input", () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const name = row.cells[0].textContent.toLowerCase();
      row.hidden = !words.every((word) => name.includes(word));
    }
    nobody.hidden = rows.some((row) => !row.hidden);
  });

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    const shown = rows.filter((row) => !row.hidden);
    const row = shown[shown.indexOf(cell.parentElement) + step[0]];
    const box = row?.cells[cell.cellIndex + step[1]]?.querySelector("input");
    if (!box) return;
    event.preventDefault();
    box.focus();
  });
})();
