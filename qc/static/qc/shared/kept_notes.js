// Notes and answers of tasks stay in this browser until the server has them: by task and person, so that nobody is
// ever shown another one's. They are sent again when the server is there again.
(() => {
  const AGAIN = 10000;
  const KEPT_FOR = 7 * 24 * 3600 * 1000;
  const PREFIX = "qc-notes/";
  const NOTES = "textarea.qc-notes[data-task]";

  const person = () => qcRequests.page().person?.split("/")[0];
  const key = (task) => `${PREFIX}${person()}/${task}`;
  const field = () => document.querySelector(NOTES);

  function read(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  }

  function write(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Full or forbidden: the notes are on the page all the same.
    }
  }

  const find = (task) => read(key(task));
  const drop = (task) => localStorage.removeItem(key(task));

  function keep(notes) {
    const { task, reference, version } = notes.dataset;
    write(key(task), { ...find(task), task, reference, version, text: qcFields.read(notes), at: Date.now() });
  }

  // Without an answer nobody knows whether the server has it: see drafts.js.
  function sent({ task, all }) {
    const kept = find(task);
    if (kept) write(key(task), { ...kept, sent: all });
  }

  function saved({ task, text, version }) {
    const kept = find(task);
    if (!kept) return;
    if (kept.text === text) drop(task);
    else write(key(task), { ...kept, version, sent: undefined });
  }

  // Puts back what was typed when the page was last left; once for each field, before anybody types in it.
  function restore() {
    const notes = field();
    if (!notes || notes.dataset.isRestored || notes.value !== notes.defaultValue) return;
    notes.dataset.isRestored = "yes";
    const kept = find(notes.dataset.task);
    if (!kept) return;
    if (kept.text === qcFields.read(notes)) return drop(kept.task);
    qcDrafts.restore(notes, kept);
  }

  function sendAgain() {
    const notes = field();
    if (!notes || notes.dataset.conflict || !qcConnection.isUp()) return;
    if (find(notes.dataset.task)?.text === qcFields.read(notes)) qcDrafts.save(notes);
  }

  function all() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    return names.map((name) => [name, read(name)]).filter(([, kept]) => kept);
  }

  // Of tasks that are not this person's any more: to copy, or to send along.
  function showLost() {
    const held = document.getElementById("my-work-held")?.value.split(",") ?? [];
    for (const [name, kept] of all()) {
      if (name !== key(kept.task) || held.includes(String(kept.task))) continue;
      qcKept.show({ ...kept, message: "" });
    }
  }

  function tidy() {
    for (const [name, kept] of all()) {
      if (!kept.text?.trim() || kept.at < Date.now() - KEPT_FOR) localStorage.removeItem(name);
    }
  }

  document.addEventListener("input", (event) => {
    const notes = typeof qcFields === "undefined" ? null : qcFields.notesOf(event.target);
    if (person() && notes) keep(notes);
  });
  document.addEventListener("qc:draft-sent", (event) => sent(event.detail));
  document.addEventListener("qc:draft-saved", (event) => saved(event.detail));
  document.addEventListener("qc:kept-gone", (event) => {
    const { task, text, isAll } = event.detail;
    if (isAll || find(task)?.text === text) drop(task);
  });
  document.addEventListener("qc:task-left", (event) => {
    const isShown = document.querySelector(`[data-kept-task="${event.detail.task}"]`);
    if (event.detail.task && !isShown) drop(event.detail.task);
  });
  document.addEventListener("htmx:afterSettle", restore);
  // On the sign-in page, whoever comes: no names, no words of them.
  function say() {
    const line = document.querySelector("[data-kept-notes]");
    if (line) line.hidden = !all().some(([, kept]) => kept.text?.trim());
  }

  document.addEventListener("DOMContentLoaded", () => {
    say();
    if (!person() || !document.getElementById("my-work")) return;
    tidy();
    restore();
    showLost();
    setInterval(sendAgain, AGAIN);
  });
})();
