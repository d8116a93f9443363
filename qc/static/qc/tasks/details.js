// Rows for more details: without scripts there is an empty one each time the task is saved.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-adds-detail]");
  if (!button) return;
  const details = button.closest("[data-details]");
  const template = details.querySelector("template");
  const row = template.content.cloneNode(true);
  const number = details.dataset.next++;
  for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace("__n__", number);
  const first = row.querySelector("input");
  template.before(row);
  first.focus();
});
