// What is written on a chart must be read by day and by night.
function paintChart(chart) {
  const night = document.documentElement.classList.contains("dark");
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue(`--color-font-subtle-${night ? "dark" : "light"}`).trim();
  chart.options.plugins.legend.labels.color = ink;
  for (const scale of Object.values(chart.options.scales)) scale.ticks.color = ink;
  chart.update();
}

(() => {
  function paintAll() {
    for (const canvas of document.querySelectorAll(".qc-canvas canvas")) {
      const chart = Chart.getChart(canvas);
      if (chart) paintChart(chart);
    }
  }

  new MutationObserver(paintAll).observe(document.documentElement, { attributeFilter: ["class"] });
  // Unfold draws them first.
  window.addEventListener("load", () => setTimeout(paintAll));
})();
