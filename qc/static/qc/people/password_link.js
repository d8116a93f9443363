// Copies the link; where the browser does not allow that, it selects the link.
(() => {
  const link = document.getElementById("password-link");
  const button = document.querySelector("button[name=copy]");
  if (!button) return;
  const label = button.querySelector("[data-copied]");

  button.addEventListener("click", async () => {
    link.select();
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(link.value);
    label.textContent = label.dataset.copied;
  });
})();
