// Cards with what could not be saved: to copy, to send along, to discard. See unsaved.html.
const qcKept = (() => {
  const cards = () => [...document.querySelectorAll("#kept .qc-kept")];
  const textOf = (card) => card.dataset.text ?? card.querySelector("[name=notes]").value;
  const template = document.getElementById("kept-template");

  function fill(card, { task, reference, text, message }) {
    card.id = card.querySelector("[name=kept]").value = `kept-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    card.querySelector("[name=kept]").value = card.id.slice(5);
    card.dataset.keptTask = task;
    const title = card.querySelector("h2");
    title.textContent = title.textContent.replace("{}", reference);
    title.id = `title-${card.id}`;
    card.setAttribute("aria-labelledby", title.id);
    card.querySelector("[data-why]").textContent = message || template.dataset.gone;
    card.dataset.text = text;
    card.querySelector("[name=notes]").value = qcFields.words(text);
    card.querySelector("[name=csrfmiddlewaretoken]").value = document.querySelector("#scan [name=csrfmiddlewaretoken]").value;
    const form = card.querySelector("form");
    for (const name of ["action", "hx-post"]) {
      form.setAttribute(name, form.getAttribute(name).replace("/0/", `/${task}/`));
    }
  }

  // Shows a text once, however often it is found unsaved.
  function show(lost) {
    if (!lost.text.trim()) return;
    const isShown = (card) => card.dataset.keptTask === String(lost.task) && textOf(card) === lost.text;
    if (cards().some(isShown)) return;
    const card = template.content.firstElementChild.cloneNode(true);
    fill(card, lost);
    document.getElementById("kept").append(card);
    htmx.process(card);
  }

  // A card that the server has made of answers has all that was typed, in other words.
  function gone(card) {
    const detail = { task: card.dataset.keptTask, text: textOf(card), isAll: "all" in card.dataset };
    document.dispatchEvent(new CustomEvent("qc:kept-gone", { detail }));
  }

  // A text that is in its notes field again needs no card.
  function drop(task, text) {
    for (const card of cards()) {
      if (card.dataset.keptTask !== task || textOf(card) !== text) continue;
      gone(card);
      card.remove();
    }
  }

  function discard(event, card) {
    event.preventDefault();
    gone(card);
    card.remove();
    document.getElementById("task-name")?.focus();
  }

  // Without HTTPS a browser has no clipboard for scripts; the old way still works.
  async function copy(button, field) {
    field.select();
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
    button.textContent = button.dataset.copied;
  }

  document.addEventListener("click", (event) => {
    const card = event.target.closest(".qc-kept");
    if (!card) return;
    const copier = event.target.closest("[data-copies]");
    if (copier) copy(copier, card.querySelector("[name=notes]"));
    if (event.target.closest("[data-discards]")) discard(event, card);
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const card = event.detail.target;
    if (card.matches?.(".qc-kept")) gone(card);
  });

  return { show, drop, cards };
})();
