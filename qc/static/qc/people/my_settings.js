// Offers the browser's time zone where the pages show times in another one.
(() => {
  const offer = document.getElementById("browser-zone");
  const chosen = document.querySelector("select[name=time_zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isListed = [...chosen.options].some((option) => option.value === zone);

  if (!isListed || zone === offer.dataset.now) return;
  offer.querySelector("strong").textContent = zone;
  offer.hidden = false;
  offer.querySelector("button").addEventListener("click", () => {
    chosen.value = zone;
    chosen.focus();
    offer.hidden = true;
  });
})();
