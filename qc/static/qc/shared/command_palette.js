// Enter opens the first result of the command palette when none is chosen, where Unfold fails.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
    if (document.querySelector("#command-results-list .active")) return;
    event.preventDefault();
    event.stopPropagation();
    const first = document.querySelector("#command-results-list a");
    if (first) window.location = first.href;
  },
  true,
);
