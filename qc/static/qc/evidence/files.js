// Files of a task: chosen, taken by the camera, dropped or pasted. Each is sent by itself, with its progress.
// On a lost line it stays in memory and is sent again by itself; what the server refuses says why.
(() => {
  const PAUSE = 3000;
  const UNDO = 8000;
  const [STALE, TROUBLE] = [403, 500];
  const jobs = []; // what is not there yet: {file, item, defect, adds, state, ...}
  const removals = new Map(); // by address: what is about to be removed
  let sending = null;
  let timer = null;

  const places = () => [...document.querySelectorAll("[data-files]")];
  const generalPlace = () => places().find((one) => !one.dataset.item && one.querySelector("[data-under-way]"));
  const placeOf = (job) => places().find((one) => one.dataset.adds === job.adds && one.dataset.item === job.item);
  // The code of the defect that an element belongs to: among the defects themselves, the last one's.
  function defectOf(element) {
    const row = element?.closest("[data-defect]") ?? [...(element?.closest("[data-defects]")?.querySelectorAll("[data-defect]") ?? [])].at(-1);
    return row?.querySelector("[name$='-code']").value ?? "";
  }
  // The task may have gone meanwhile: what was refused is shown all the same.
  const shownAt = (job) => placeOf(job) ?? generalPlace();
  const headers = () => ({ Accept: "application/json", ...qcRequests.headers() });

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const button = (text, act) => {
    const made = element("button", { type: "button", className: "qc-plain", textContent: text });
    made.addEventListener("click", act);
    return made;
  };

  function row(job, words) {
    const name = job.file.name;
    const line = element("li", { className: "qc-file" });
    if (job.state === "sending") {
      job.bar ??= element("progress", { max: 1, value: 0 });
      job.bar.setAttribute("aria-label", words.sending.replace("{}", name));
      line.append(element("span", { className: "qc-file-name", textContent: name }), job.bar);
    } else if (job.state === "refused") {
      line.append(element("p", { className: "qc-error", textContent: job.message }));
      line.append(button(words.again, () => retry(job)), button(words.drop, () => drop(job)));
    } else {
      const text = job.state === "waiting" ? words.waiting.replace("{}", name) : name;
      line.append(element("span", { className: "qc-quiet", textContent: text }), button(words.drop, () => drop(job)));
    }
    return line;
  }

  function removalRow(address, { name }, words) {
    const text = element("span", { className: "qc-quiet", textContent: words.removed.replace("{}", name) });
    return element("li", { className: "qc-file" }, text, button(words.undo, () => undo(address)));
  }

  // What is under way is drawn into lists of its own, which the server leaves alone.
  function draw() {
    for (const place of places()) {
      const rows = jobs.filter((job) => shownAt(job) === place).map((job) => row(job, place.dataset));
      for (const [address, removal] of removals) {
        const line = place.querySelector(`[data-removes="${address}"]`)?.closest("li");
        if (!line) continue;
        line.hidden = true;
        rows.push(removalRow(address, removal, place.dataset));
      }
      place.querySelector("[data-under-way]")?.replaceChildren(...rows);
    }
  }

  function add(place, files, defect = "") {
    const { adds, item } = place.dataset;
    for (const file of files) jobs.push({ file, adds, item, defect, state: "new" });
    draw();
    next();
  }

  function drop(job) {
    job.request?.abort();
    if (jobs.includes(job)) jobs.splice(jobs.indexOf(job), 1);
    draw();
  }

  function retry(job) {
    Object.assign(job, { state: "new", again: false });
    draw();
    next();
  }

  function next() {
    clearTimeout(timer);
    if (sending) return;
    const job = jobs.find(({ state }) => state === "new" || state === "waiting");
    if (!job) return;
    sending = job;
    job.state = "sending";
    draw();
    send(job);
  }

  function send(job) {
    const form = new FormData();
    form.append("file", job.file, job.file.name);
    form.append("item", job.item);
    form.append("defect", job.defect);
    const request = new XMLHttpRequest();
    job.request = request;
    request.open("POST", job.adds);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => (job.bar.value = loaded / total));
    request.addEventListener("load", () => answered(job, request));
    for (const event of ["error", "timeout"]) request.addEventListener(event, () => wait(job));
    request.addEventListener("abort", () => done());
    request.send(form);
  }

  function done() {
    sending = null;
    draw();
    next();
  }

  // The same file sent twice is there once.
  function wait(job) {
    job.state = "waiting";
    sending = null;
    draw();
    timer = setTimeout(next, PAUSE);
  }

  function parsed(request) {
    try {
      return JSON.parse(request.response);
    } catch {
      return {};
    }
  }

  async function answered(job, request) {
    const { lists, message } = parsed(request);
    const isStale = request.status === STALE && request.getResponseHeader("QC-Refused") === "token";
    if (lists) {
      jobs.splice(jobs.indexOf(job), 1);
      put(lists);
    } else if (request.status >= TROUBLE) {
      return wait(job);
    } else if (isStale && !job.again) {
      job.again = true;
      await qcRequests.reach();
      return wait(job);
    } else {
      job.state = "refused";
      job.message = message ?? places()[0]?.dataset.failed.replace("{}", job.file.name);
    }
    done();
  }

  function put(lists) {
    for (const [id, html] of Object.entries(lists)) {
      const there = document.getElementById(id);
      if (there) there.outerHTML = html;
    }
  }

  // Removed at once for the eye; on the server once it can't be undone any more.
  function remove(address, name) {
    removals.set(address, { name, timer: setTimeout(commit, UNDO, address) });
    draw();
  }

  function undo(address) {
    clearTimeout(removals.get(address).timer);
    removals.delete(address);
    const line = document.querySelector(`[data-removes="${address}"]`)?.closest("li");
    if (line) line.hidden = false;
    draw();
    line?.querySelector("button")?.focus();
  }

  async function commit(address) {
    clearTimeout(removals.get(address)?.timer);
    try {
      const answer = await fetch(address, { method: "POST", headers: headers(), keepalive: true });
      if (answer.status >= TROUBLE) throw new Error(answer.status);
      removals.delete(address);
      put((await answer.json()).lists ?? {});
    } catch {
      const removal = removals.get(address);
      if (removal) removal.timer = setTimeout(commit, PAUSE, address);
    }
    draw();
  }

  // Before Unfold's own, which looks for a text field beside each input of files.
  document.addEventListener(
    "change",
    (event) => {
      const { target } = event;
      const place = target.matches("[data-defect-photo]") ? generalPlace() : target.closest("[data-files]");
      if (!place || target.type !== "file") return;
      event.stopImmediatePropagation();
      add(place, [...target.files], defectOf(target));
      target.value = "";
    },
    true,
  );
  document.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-removes]");
    if (chosen) remove(chosen.dataset.removes, chosen.closest("li").dataset.name);
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const place = document.activeElement?.closest("[data-files]") ?? generalPlace();
    if (!files.length || !place) return;
    event.preventDefault();
    add(place, files, defectOf(document.activeElement));
  });

  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const under = (event) => event.target.closest?.("[data-files]") ?? generalPlace();
  const mark = (place) => places().forEach((one) => one.classList.toggle("qc-over", one === place));
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(under(event));
  });
  document.addEventListener("dragleave", (event) => !event.relatedTarget && mark(null));
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    // Never opened in place of the page.
    event.preventDefault();
    mark(null);
    const place = under(event);
    if (place?.querySelector("[data-under-way]")) add(place, [...event.dataTransfer.files]);
  });

  const isUnderWay = () => jobs.some((job) => job.state !== "refused" && placeOf({ ...job, item: "" }));

  // A task is not completed without what is still on its way.
  window.addEventListener(
    "submit",
    async (event) => {
      const { target: form, submitter } = event;
      const hint = document.getElementById("files-under-way");
      if (!form.matches(".qc-complete") || !hint) return;
      hint.hidden = !isUnderWay();
      if (hint.hidden && !removals.size) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      await Promise.all([...removals.keys()].map(commit));
      if (!removals.size && hint.hidden) form.requestSubmit(submitter);
    },
    true,
  );

  // Another task's panel has come: what is under way is shown in it, too.
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("qc:connected", next);
  window.addEventListener("online", next);
  window.addEventListener("beforeunload", (event) => {
    if (jobs.length) event.preventDefault();
  });
  window.addEventListener("pagehide", () => {
    for (const address of removals.keys()) commit(address);
  });
})();
