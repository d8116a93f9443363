// Copies the secret or the command; where the browser does not allow that, it selects them.
(() => {
  for (const label of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(label.dataset.copies);
    label.closest("button").addEventListener("click", async () => {
      field.select();
      if (!navigator.clipboard) return;
      await navigator.clipboard.writeText(field.value);
      label.textContent = label.dataset.copied;
    });
  }
})();
