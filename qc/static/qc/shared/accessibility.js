// Makes Unfold's buttons of <span> and <a> reachable by keyboard and named for screen readers, now and
// whenever the page changes.
(() => {
  const CLICKED = "[x-on\\:click]:not(button, a[href], input, select, textarea, #changelist-filter-close)";
  const ICON = ".material-symbols-outlined";
  const names = () => document.getElementById("qc-names")?.dataset ?? {};

  // Returns the text of an element without its icons.
  function words(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(ICON).forEach((icon) => icon.remove());
    return copy.matches(ICON) ? "" : copy.textContent.trim();
  }

  function name(element) {
    if (words(element) || element.hasAttribute("aria-label") || element.querySelector("img[alt]")) return;
    const icon = element.matches(ICON) ? element : element.querySelector(ICON);
    const isTheme = element.closest("[x-data*=openTheme]") !== null;
    const label = element.title || names()[isTheme ? "theme" : icon?.textContent.trim()];
    if (label) element.setAttribute("aria-label", label);
  }

  function mend(root) {
    for (const element of root.querySelectorAll(CLICKED)) {
      element.setAttribute("role", "button");
      element.tabIndex = 0;
    }
    root.querySelectorAll("a[href], button, [role=button]").forEach(name);
    // An icon's text is the name of its glyph, which nobody should hear.
    for (const icon of root.querySelectorAll(`${ICON}:not([role])`)) icon.ariaHidden = "true";
    mendSelects(root);
  }

  // select2 makes fields without a name, and a list that is none.
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

  // Unfold hides a page until Alpine has begun. Where that takes long, browsers find nothing to focus.
  // After a mistake, the field that has it; else the one that the page means.
  function focusFirst() {
    const isShown = (field) => field.getClientRects().length > 0;
    const first = (kind) => [...document.querySelectorAll(kind)].find(isShown);
    const wrong = first("#content [aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (document.activeElement === document.body) first("[autofocus]")?.focus();
  }
  document.addEventListener("alpine:initialized", () => requestAnimationFrame(focusFirst));

  // Where the line broke off before Alpine was there, the page is better than nothing.
  window.addEventListener("load", () => {
    if (!window.Alpine) document.documentElement.removeAttribute("x-cloak");
  });
})();
