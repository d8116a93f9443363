// Comments on My work: their fold stays as it is when the panel is drawn anew, and what was sent leaves
// its field.
(() => {
  let opened = [];

  document.addEventListener("htmx:beforeSwap", () => {
    opened = [...document.querySelectorAll("details[data-stays-open][open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    if (!elt.matches("[data-comments]") || xhr.getResponseHeader("QC-Commented") !== "yes") return;
    const field = document.getElementById(elt.dataset.comments);
    if (field) field.value = "";
  });
})();
