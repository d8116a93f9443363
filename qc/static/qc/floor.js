// What Floor needs beside htmx: dialogs, folds that stay open, charts that are renewed in place.
(() => {
  const modal = () => document.getElementById("modal-content");
  const theme = () => Alpine.$data(document.documentElement);
  const FIRST = "input:not([type=hidden]), select, textarea, button, a[href]";
  let opener = "";
  let opened = [];

  // The dialogs are Unfold's: they come into its modal, and this says that it is open.
  function open() {
    modal().setAttribute("role", "dialog");
    modal().setAttribute("aria-modal", "true");
    const title = modal().querySelector("h1, h2");
    if (title) title.id = "modal-title";
    modal().setAttribute("aria-labelledby", "modal-title");
    theme().openModal = true;
    Alpine.nextTick(() => modal().querySelector(FIRST)?.focus());
  }

  // What lies behind an open dialog can't be reached; after it, the button that opened it can.
  function fence(isOpen) {
    for (const part of document.body.children) {
      if (!part.contains(modal()) && part.id !== "modal-overlay") part.inert = isOpen;
    }
    if (!isOpen) document.getElementById(opener)?.focus();
  }

  document.addEventListener("htmx:afterOnLoad", (event) => {
    const button = event.detail.elt.closest?.("[data-opens-modal]");
    if (!button || event.detail.xhr.status !== 200) return;
    opener = button.id;
    open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes-modal]")) theme().openModal = false;
  });
  window.addEventListener("load", () => Alpine.watch(() => theme().openModal, fence));

  // Folds stay as they are when the panel is drawn anew.
  document.addEventListener("htmx:beforeSwap", () => {
    opened = [...document.querySelectorAll("details[data-keeps-open][open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  });

  // Nobody takes for live what is not.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "floor") return;
    document.getElementById("floor-stale").hidden = event.detail.successful;
  });

  // Charts are drawn once, and given new figures after that: drawn anew in the place of others
  // they would stay blank. Those that are there when the page is loaded Unfold draws itself.
  function draw() {
    const canvases = [...document.querySelectorAll("#floor-charts canvas")];
    if (document.readyState !== "complete" || canvases.length === 0) return;
    if (canvases.some((canvas) => !Chart.getChart(canvas))) {
      canvases.forEach((canvas) => Chart.getChart(canvas)?.destroy());
      renderCharts();
    }
    for (const fresh of document.querySelectorAll("[data-fresh]")) {
      const chart = Chart.getChart(document.querySelector(`[data-drawn="${fresh.id}"] canvas`));
      chart.data = JSON.parse(fresh.dataset.fresh);
      paintChart(chart);
    }
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "floor-charts" || event.target.id === "floor-charts") draw();
  });
})();
