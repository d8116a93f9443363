// The arrow keys lead to earlier and later moments, where they aren't needed for typing.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable], [role=menu], dialog")) return;
    const key = (event.shiftKey ? "Shift+" : "") + event.key;
    const link = document.querySelector(`.qc-then-steps a[data-key="${CSS.escape(key)}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
})();
