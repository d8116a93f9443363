// What Floor needs beside htmx: folds that stay open, people who stay where they are, charts that are
// renewed in place.
(() => {
  let opened = [];

  // Who looks at the floor finds everybody where they were: the order of the first look stays, and
  // whoever comes later stands at the end, until somebody sorts them or loads the page anew.
  const list = (page) => page.querySelector("[data-keeps-order]");
  const ids = (page) => [...(list(page)?.children ?? [])].map((one) => one.id);
  let urgent = ids(document);

  function place(page, order) {
    for (const id of order) list(page).append(page.getElementById(id));
    const isSorted = order.every((id, n) => id === urgent[n]);
    page.querySelector("[data-sorts]").hidden = isSorted;
  }

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.id !== "floor" || !detail.shouldSwap) return;
    const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
    urgent = ids(page);
    if (urgent.length === 0) return;
    const staying = ids(document).filter((id) => urgent.includes(id));
    place(page, [...staying, ...urgent.filter((id) => !staying.includes(id))]);
    detail.serverResponse = page.body.innerHTML;
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-sorts]")) place(document, urgent);
  });

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
