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
  // The form itself has been replaced by then.
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
    const field = document.getElementById(requestConfig.elt.dataset.comments);
    if (field && xhr.getResponseHeader("QC-Commented") === "yes") field.value = "";
  });
})();
