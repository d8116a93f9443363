// A key clicks the button or link that names it in data-key, where it isn't needed for typing.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable], [role=menu], dialog")) return;
  const key = (event.shiftKey ? "Shift+" : "") + event.key;
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target || target.disabled || (event.repeat && target.matches("button"))) return;
  event.preventDefault();
  target.click();
});
