// Unfold makes buttons of what no keyboard reaches and no screen reader names: this mends them, as they
// come, in one place.
(() => {
  const CLICKED = "[x-on\\:click]:not(button, a[href], input, select, textarea, #changelist-filter-close)";
  const ICON = ".material-symbols-outlined";
  const names = () => document.getElementById("qc-names")?.dataset ?? {};

  // What an element says beside its icons.
  function words(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(ICON).forEach((icon) => icon.remove());
    return copy.matches(ICON) ? "" : copy.textContent.trim();
  }

  function name(element) {
    if (words(element) || element.hasAttribute("aria-label") || element.querySelector("img[alt]")) return;
    const icon = element.matches(ICON) ? element : element.querySelector(ICON);
    const isTheme = element.closest("[x-data*=openTheme]") !== null;
    const said = element.title || names()[isTheme ? "theme" : icon?.textContent.trim()];
    if (said) element.setAttribute("aria-label", said);
  }

  function mend(root) {
    for (const element of root.querySelectorAll(CLICKED)) {
      element.setAttribute("role", "button");
      element.tabIndex = 0;
    }
    root.querySelectorAll("a[href], button, [role=button]").forEach(name);
    // An icon is drawn by its own name, which is no word to be read out.
    for (const icon of root.querySelectorAll(`${ICON}:not([role])`)) icon.ariaHidden = "true";
    mendSelects(root);
  }

  // select2 makes a list, and fields without a name.
  function mendSelects(root) {
    for (const box of root.querySelectorAll(".select2")) {
      const select = box.previousElementSibling;
      const label = select?.labels?.[0] ?? select?.closest("div.flex-col")?.querySelector("h3, label");
      for (const part of box.querySelectorAll("input, [role=combobox], [role=textbox]")) {
        part.setAttribute("aria-label", label?.textContent.trim() ?? names().search);
      }
      box.querySelector("ul")?.setAttribute("role", "group");
      for (const item of box.querySelectorAll("li")) item.setAttribute("role", "none");
    }
  }

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(`${CLICKED}[role=button]`) || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    event.target.click();
  });
  const watch = new MutationObserver((changes) => {
    new Set(changes.map((change) => change.target)).forEach(mend);
  });
  document.addEventListener("DOMContentLoaded", () => {
    mend(document);
    watch.observe(document.body, { childList: true, subtree: true });
  });
})();
