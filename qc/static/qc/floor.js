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
      paint(chart);
    }
  }

  // What is written on a chart must be read by day and by night.
  function paint(chart) {
    const night = document.documentElement.classList.contains("dark");
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue(`--color-font-subtle-${night ? "dark" : "light"}`).trim();
    chart.options.plugins.legend.labels.color = ink;
    for (const scale of Object.values(chart.options.scales)) scale.ticks.color = ink;
    chart.update();
  }

  function paintAll() {
    for (const canvas of document.querySelectorAll("#floor-charts canvas")) {
      const chart = Chart.getChart(canvas);
      if (chart) paint(chart);
    }
  }

  new MutationObserver(paintAll).observe(document.documentElement, { attributeFilter: ["class"] });
  window.addEventListener("load", () => setTimeout(paintAll));

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "floor-charts" || event.target.id === "floor-charts") draw();
  });
})();
