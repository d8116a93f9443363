// Notes and answers are saved while they are typed, each time with the version of the draft that they are based on: so
// that another tab's newer notes are shown, never overwritten. Notes are never dropped with their field.
const qcDrafts = (() => {
  const PAUSE = 600;
  const [OK, CONFLICT, GONE] = [200, 409, 410];
  const timers = new Map(); // by task: the timer of the next save
  const unsaved = new Map(); // by task: what is only in the field so far
  const completed = new Map(); // by task: the notes that it was completed with
  let sending = null; // what the request in flight carries
  let completing = null; // the task and notes of the form in flight
  let waiting = []; // what is to be done once nothing is in flight
  const sent = new Map(); // by task: what was sent and not answered, which the server may have all the same

  const field = () => document.querySelector("#my-work .qc-notes");
  const fieldOf = (element) => (element.matches(".qc-notes") ? element : element.querySelector(".qc-notes"));
  // Whose request it is, on the page still or not.
  const sender = ({ detail }) => detail.requestConfig?.elt ?? detail.elt;
  const isDraft = (event) => sender(event).matches(".qc-notes");
  const isComplete = (event) => sender(event).matches(".qc-complete");

  function tell(name, notes, more = {}) {
    const detail = { task: notes.dataset.task, text: qcFields.read(notes), ...more };
    notes.dispatchEvent(new CustomEvent(`qc:draft-${name}`, { bubbles: true, detail }));
  }

  function cancel(task) {
    clearTimeout(timers.get(task));
    timers.delete(task);
  }

  function save(notes) {
    const { task, conflict } = notes.dataset;
    cancel(task);
    if (!qcConnection.isUp()) return;
    if (!conflict && completing?.task !== task && !completed.has(task)) htmx.trigger(notes, "save");
  }

  function note(notes) {
    const { task, reference } = notes.dataset;
    unsaved.set(task, { task, reference, text: qcFields.read(notes) });
  }

  // Still to be saved, which completing does itself; or perhaps saved: without an answer nobody knows.
  const isOpen = ({ dataset: { task } }, event) => sent.has(task) || (timers.has(task) && !isComplete(event));

  // Saves what is still to be saved, then calls `then`.
  function settle(notes, then) {
    if (notes && (timers.has(notes.dataset.task) || sent.has(notes.dataset.task))) save(notes);
    if (sending) waiting.push(then);
    else then();
  }

  const boxOf = (notes) => document.getElementById(`newer-${notes.dataset.task}`);

  // Our own text, saved by a request whose answer was lost, is nobody's newer text: on with it.
  function goOn(notes, version) {
    notes.dataset.version = version;
    sending = qcFields.read(notes); // forms wait on
    setTimeout(save, 0, notes);
  }

  function showNewer(notes, { notes: text, fields, version }, { ours }) {
    const newer = qcFields.join(text, fields);
    if (ours?.some((one) => qcFields.isSame(one, newer))) return goOn(notes, version);
    const box = boxOf(notes);
    notes.dataset.conflict = version;
    box.dataset.newer = newer;
    box.querySelector("textarea").value = qcFields.words(newer);
    box.hidden = false;
    tell("conflict", notes, { notes: newer, version });
  }

  function choose(notes, which) {
    const box = boxOf(notes);
    if (which === "newer") qcFields.write(notes, box.dataset.newer ?? box.querySelector("textarea").value);
    notes.dataset.version = notes.dataset.conflict;
    delete notes.dataset.conflict;
    box.hidden = true;
    notes.focus();
    note(notes);
    save(notes);
  }

  function saved(notes, { version }, { text }) {
    notes.dataset.version = version;
    if (unsaved.get(notes.dataset.task)?.text === text) unsaved.delete(notes.dataset.task);
    tell("saved", notes, { text, version });
  }

  // Shows the whole sentence, unless the task has gone meanwhile and taken it to its card.
  function lost(notes, { message }) {
    notes.dataset.conflict = "gone";
    if (qcTyping.waits(() => notes.isConnected && lost(notes, { message }))) return;
    unsaved.delete(notes.dataset.task);
    const text = qcFields.read(notes);
    if (text === completed.get(notes.dataset.task)) return;
    qcKept.show({ ...notes.dataset, text, message });
    tell("lost", notes, { message });
    htmx.trigger("#my-work", "look");
  }

  function send(notes) {
    const { task } = notes.dataset;
    sending = qcFields.read(notes);
    sent.set(task, [...(sent.get(task) ?? []), sending]);
    tell("sent", notes, { all: sent.get(task) });
  }

  function answered(notes, xhr, text) {
    const act = { [OK]: saved, [CONFLICT]: showNewer, [GONE]: lost }[xhr.status];
    if (!act || !xhr.getResponseHeader("Content-Type")?.includes("json")) return;
    const { task } = notes.dataset;
    const ours = sent.get(task);
    sent.delete(task);
    act(notes, JSON.parse(xhr.response), { text, ours });
  }

  document.addEventListener("input", (event) => {
    const notes = qcFields.notesOf(event.target);
    if (!notes) return;
    note(notes);
    cancel(notes.dataset.task);
    timers.set(notes.dataset.task, setTimeout(save, PAUSE, notes));
  });
  document.addEventListener("change", (event) => {
    const notes = event.target.type === "radio" ? null : qcFields.notesOf(event.target);
    if (notes && timers.has(notes.dataset.task)) save(notes);
  });
  document.addEventListener("click", (event) => {
    const which = event.target.closest("[data-takes]")?.dataset.takes;
    if (which) choose(field(), which);
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (!isDraft(event) && !isComplete(event)) return;
    const notes = fieldOf(event.detail.elt);
    event.detail.parameters.version = notes.dataset.version;
    if (isDraft(event)) send(notes);
    if (isComplete(event)) cancel(notes.dataset.task);
  });
  // Only now: until here, other scripts may refuse it.
  document.addEventListener("htmx:beforeSend", (event) => {
    if (!isComplete(event)) return;
    const notes = fieldOf(sender(event));
    completing = { task: notes.dataset.task, text: qcFields.read(notes) };
  });

  // A form waits for the draft in flight, and is not sent while two notes are to be chosen from.
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt;
    if (!form.matches("#my-work form:not(#opened)")) return;
    const notes = field();
    if (isComplete(event) && notes.dataset.conflict) {
      event.preventDefault();
      boxOf(notes).focus();
    } else if (sending !== null || (notes && isOpen(notes, event))) {
      event.preventDefault();
      settle(notes, () => event.detail.issueRequest(true));
    }
  });

  // What it was completed with is saved, or is on a card that came with the answer.
  function takeOver() {
    if (completing) completed.set(completing.task, completing.text);
  }

  function afterComplete(notes, { status }) {
    const isAnswered = completed.has(completing?.task);
    completing = null;
    if (!isAnswered && status !== CONFLICT && notes && unsaved.has(notes.dataset.task)) save(notes);
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    if (isDraft(event)) {
      const text = sending;
      sending = null;
      answered(sender(event), xhr, text);
      if (sending === null) waiting.splice(0).forEach((then) => then());
    } else if (isComplete(event)) {
      afterComplete(fieldOf(sender(event)), xhr);
      if (xhr.status !== CONFLICT) return;
      answered(fieldOf(sender(event)), xhr);
      boxOf(field())?.focus();
    }
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isComplete(event) && event.detail.shouldSwap) takeOver();
  });
  // A task that was taken away takes nothing along that somebody has just typed.
  document.addEventListener("htmx:afterSettle", () => {
    for (const [task, typed] of unsaved) {
      if (document.getElementById(`notes-${task}`)) continue;
      cancel(task);
      unsaved.delete(task);
      if (completed.get(task) !== typed.text) qcKept.show(typed);
    }
    const notes = field();
    if (!notes) return;
    const { task } = notes.dataset;
    if (completed.delete(task) && unsaved.has(task)) save(notes);
    qcKept.drop(task, qcFields.read(notes));
  });

  document.addEventListener("qc:connected", () => {
    const notes = field();
    if (notes && unsaved.has(notes.dataset.task)) save(notes);
  });

  // Puts back what was typed before the page was left.
  function restore(notes, kept) {
    qcFields.write(notes, kept.text);
    notes.dataset.version = kept.version;
    if (kept.sent) sent.set(kept.task, kept.sent);
    note(notes);
    save(notes);
  }

  return { save, field, restore };
})();
