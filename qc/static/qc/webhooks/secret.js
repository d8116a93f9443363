// Copies the secret; where the browser does not allow that, it selects the secret.
(() => {
  const secret = document.getElementById("webhook-secret");
  const button = document.querySelector("button[name=copy]");
  if (!button) return;
  const label = button.querySelector("[data-copied]");

  button.addEventListener("click", async () => {
    secret.select();
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(secret.value);
    label.textContent = label.dataset.copied;
  });
})();
