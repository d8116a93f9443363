// Gives the text of a chart the colour that the theme has for it.
function paintChart(chart) {
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--qc-quiet").trim();
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
