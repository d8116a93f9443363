// Enter in the command palette takes the first that is found where none is chosen: Unfold fails there.
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
