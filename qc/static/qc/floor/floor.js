// What Floor needs beside htmx: folds that stay open, charts that are renewed in place.
(() => {
  let opened = [];

  // Folds stay as they are when the panel is drawn anew.
  document.addEventListener("htmx:beforeSwap", () => {
    opened = [...document.querySelectorAll("details[data-keeps-open][open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
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
