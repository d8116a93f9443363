// The check of a task while it is answered: which items are asked, what answers mean and what outcome
// follows. The rule is that of qc/checks/outcomes.py, which has the last word.
// Keys, while the focus is in an item: digits choose an answer, 0 says OK to the rest of the section,
// arrows up and down move between items.
const qcCheck = (() => {
  const [OK, NOT_OK] = ["ok", "not_ok"];
  const ITEM = ".qc-item"; // places for files name an item, too
  const FIELDS = "input:not([type=hidden], [type=file]), select, textarea";
  const WRITTEN = "textarea, input:not([type=radio])";
  const BUTTONS = { passed: "pass", partial: "partial", failed: "fail" };

  const checkOf = (element) => element.closest?.(".qc-check");
  const own = () => document.querySelector("#my-work .qc-check");
  const all = (check) => [...check.querySelectorAll(ITEM)];
  const asked = (check) => all(check).filter((item) => !("notAsked" in item.dataset));
  const radiosOf = (item) => [...item.querySelectorAll("input[type=radio]")];

  function textOf(item) {
    const radios = radiosOf(item);
    if (radios.length) return radios.find((radio) => radio.checked)?.value ?? "";
    return item.querySelector(FIELDS)?.value.trim() ?? "";
  }

  const hasPhoto = (item) => item.dataset.kind === "photo" && item.querySelector("[data-file]") !== null;
  const isAnswered = (item) => textOf(item) !== "" || hasPhoto(item);

  // A number as the server reads it; NaN for what it refuses.
  function numberOf(item) {
    const text = textOf(item).replace(",", ".").replace("−", "-");
    const [, decimals = ""] = text.split(".");
    const isNumber = /^-?[0-9]{1,14}(\.[0-9]+)?$/.test(text) && decimals.length <= Number(item.dataset.decimals);
    return isNumber ? Number(text) : NaN;
  }

  function byLimits(item) {
    const { lower, upper } = item.dataset;
    const number = numberOf(item);
    if (Number.isNaN(number) || (lower === undefined && upper === undefined)) return "";
    const isInside = !(number < Number(lower ?? -Infinity) || number > Number(upper ?? Infinity));
    return isInside ? OK : NOT_OK;
  }

  function verdictOf(item) {
    if (item.dataset.kind === "number") return byLimits(item);
    const chosen = item.querySelector("input:checked") ?? item.querySelector("select")?.selectedOptions[0];
    return chosen?.dataset.means ?? "";
  }

  function isAsked(item, seen) {
    const { onlyIf, onlyAnswers } = item.dataset;
    if (!onlyIf) return true;
    const other = seen.get(onlyIf);
    return other !== undefined && JSON.parse(onlyAnswers).includes(other);
  }

  function ask(check) {
    const seen = new Map();
    for (const item of all(check)) {
      const holds = isAsked(item, seen);
      item.toggleAttribute("data-not-asked", !holds);
      if (holds) seen.set(item.dataset.item, textOf(item));
    }
  }

  const wordsOf = (check) => JSON.parse(check.dataset.words);

  function say(check, name, values = {}) {
    const text = wordsOf(check)[name].replace(/%\((\w+)\)s/g, (_all, one) => values[one]);
    return text.replace("%s", () => values.text).replaceAll("%%", "%");
  }

  function weights(items) {
    const sum = (some) => some.reduce((total, item) => total + Number(item.dataset.weight), 0);
    const counting = items.filter((item) => [OK, NOT_OK].includes(item.dataset.verdict));
    return { ok: sum(counting.filter((item) => item.dataset.verdict === OK)), total: sum(counting) };
  }

  const inWords = (check, number) => number.toLocaleString(document.documentElement.lang || undefined, { minimumFractionDigits: 1 });

  function byScore(check, items) {
    const { ok, total } = weights(items);
    if (check.dataset.rule !== "score" || !total) return { isLow: false, why: ["none_critical"] };
    const least = check.dataset.passScore;
    const isLow = ok * 100 < Number(least) * total;
    const score = inWords(check, Math.floor((ok * 1000) / total) / 10);
    return { isLow, why: [isLow ? "score_low" : "score_enough", { score, least }] };
  }

  function quantities(check) {
    if (!("counts" in check.dataset)) return {};
    const read = (name) => check.querySelector(`[name=${name}]`)?.value.trim() ?? "";
    const [inspected, rejected] = [read("inspected"), read("rejected")];
    const isWhole = (text) => /^[0-9]+$/.test(text);
    if (!isWhole(inspected) || !isWhole(rejected)) return {};
    return { inspected: Number(inspected), rejected: Number(rejected) };
  }

  // The outcomes that are possible, first what follows, and the name and values of the sentence why.
  function ruling(check) {
    const items = asked(check);
    const critical = items.filter((item) => "critical" in item.dataset && item.dataset.verdict === NOT_OK);
    const names = critical.map((item) => item.dataset.question).join(", ");
    if (names) return { possible: ["failed"], why: ["critical", { items: names }] };
    const score = byScore(check, items);
    if (score.isLow) return { possible: ["failed"], why: score.why };
    const { inspected, rejected } = quantities(check);
    if (inspected && rejected === inspected) return { possible: ["failed"], why: ["all_rejected"] };
    const accepted = rejected ? "partial" : "passed";
    const why = rejected ? ["some_rejected", { rejected, inspected }] : ["none_rejected"];
    if (check.dataset.rule === "checker") return { possible: [accepted, "failed"], why };
    return { possible: [accepted], why: rejected ? why : score.why };
  }

  function showItem(check, item) {
    const verdict = verdictOf(item);
    if (item.dataset.verdict !== verdict) item.dataset.verdict = verdict;
    const limits = item.querySelector("[data-limits]");
    if (!limits) return;
    const isOut = verdict === NOT_OK;
    limits.textContent = isOut ? say(check, "limits", { text: limits.dataset.limits }) : limits.dataset.limits;
    item.querySelector(FIELDS).toggleAttribute("data-out", isOut);
  }

  const put = (id, text) => {
    const place = document.getElementById(id);
    if (place && place.textContent !== text) place.textContent = text;
  };

  // Of passed and passed in part only one can be: Ctrl+Enter presses that.
  function offer(possible, why) {
    for (const [outcome, id] of Object.entries(BUTTONS)) {
      const button = document.getElementById(id);
      if (!button) continue;
      const isPossible = possible.includes(outcome);
      button.toggleAttribute("data-impossible", !isPossible);
      button.dataset.why = isPossible ? "" : why;
      if (isPossible) button.removeAttribute("aria-describedby");
      else button.setAttribute("aria-describedby", "check-outcome");
    }
    const [pass, partial] = [document.getElementById("pass"), document.getElementById("partial")];
    if (!pass || !partial) return;
    const isInPart = possible.includes("partial");
    [pass.hidden, partial.hidden] = [isInPart, !isInPart];
    pass.dataset.key = isInPart ? "" : "Ctrl+Enter";
    partial.dataset.key = isInPart ? "Ctrl+Enter" : "";
  }

  function showOutcome(check) {
    const items = asked(check);
    const { possible, why: [name, values] } = ruling(check);
    const why = say(check, name, values);
    const done = items.filter(isAnswered).length;
    if (items.length) put("check-progress", say(check, "progress", { done, all: items.length }));
    const isOpen = check.dataset.rule === "checker" && possible.length > 1;
    put("check-outcome", isOpen || !done ? "" : `${say(check, possible[0])} – ${why}.`);
    document.getElementById("check-errors").dataset.follows = isOpen || !done ? "" : possible[0];
    offer(done || possible[0] !== "passed" ? possible : [...possible, "failed"], why);
  }

  function show(check) {
    ask(check);
    for (const item of all(check)) showItem(check, item);
    if (check === own()) showOutcome(check);
  }

  // What takes a photo is there on a phone only.
  const firstShown = (item) => [...item.querySelectorAll("input, button, a")].find((one) => one.getClientRects().length);
  const firstField = (item) => item.querySelector("input:checked") ?? item.querySelector(FIELDS) ?? firstShown(item);

  function go(item) {
    if (!item) return;
    firstField(item)?.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  // The next item that is not answered, else the notes.
  function goOn(check, from) {
    const items = asked(check);
    const rest = items.slice(items.indexOf(from) + 1);
    const next = rest.find((item) => !isAnswered(item)) ?? items.find((item) => !isAnswered(item));
    if (next) go(next);
    else check.closest("form").querySelector("#pass:not([data-impossible], [hidden]), #partial:not([data-impossible], [hidden]), #fail, [type=submit]")?.focus({ preventScroll: true });
  }

  // The page's scripts save what was answered: the plan is a field of every check.
  function changed(check) {
    show(check);
    check.querySelector("[name=plan]").dispatchEvent(new Event("input", { bubbles: true }));
  }

  function sayOk(item) {
    item.querySelector(`[value=${OK}]`).checked = true;
    clear(item);
  }

  function allOk(section) {
    const items = [...section.querySelectorAll(".qc-item[data-kind=ok]:not([data-not-asked])")];
    const open = items.filter((item) => !isAnswered(item));
    for (const item of open) sayOk(item);
    const check = checkOf(section);
    const last = [...section.querySelectorAll(ITEM)].at(-1);
    changed(check);
    // Items that only now are asked.
    if (open.length && items.length < section.querySelectorAll(".qc-item[data-kind=ok]:not([data-not-asked])").length) return allOk(section);
    goOn(check, [...section.querySelectorAll(ITEM)].find((item) => !("notAsked" in item.dataset) && !isAnswered(item)) ? null : last);
  }

  function move(item, by) {
    const items = asked(checkOf(item));
    go(items[items.indexOf(item) + by]);
  }

  function clear(item) {
    const says = item?.querySelector("[data-says]");
    if (!says?.textContent) return;
    says.textContent = "";
    says.classList.remove("qc-error");
  }

  // What a refused completion says, at its items; the first of them has the focus.
  function showErrors() {
    const place = document.getElementById("check-errors");
    const check = own();
    if (!place || !check || place.dataset.isShown) return;
    place.dataset.isShown = "yes";
    const errors = JSON.parse(place.dataset.errors);
    const wrong = all(check).filter((item) => errors[`answers.${item.dataset.item}`]);
    for (const item of wrong) {
      const says = item.querySelector("[data-says]");
      says.textContent = errors[`answers.${item.dataset.item}`];
      says.classList.add("qc-error");
    }
    if (wrong.length) go(wrong[0]);
    check.dispatchEvent(new CustomEvent("qc:check-errors", { bubbles: true, detail: { errors } }));
  }

  function refuse(event, button) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const check = own();
    const place = document.getElementById("check-refused");
    place.textContent = say(check, "refused", { text: button.dataset.why });
    place.hidden = false;
  }

  document.addEventListener(
    "click",
    (event) => {
      const place = document.getElementById("check-refused");
      if (place) place.hidden = true;
      const button = event.target.closest("button[name=outcome][data-impossible]");
      if (button) return refuse(event, button);
      const section = event.target.closest("[data-all-ok]")?.closest("[data-section]");
      if (section) allOk(section);
    },
    true,
  );

  document.addEventListener("input", (event) => {
    const check = checkOf(event.target);
    if (!check) return;
    clear(event.target.closest(ITEM));
    show(check);
  });

  // A digit that somebody presses, or a click: on to the next item. Arrows left and right only look.
  document.addEventListener("qc:answered", (event) => goOn(checkOf(event.target), event.target.closest(ITEM)));

  document.addEventListener("keydown", (event) => {
    const item = event.target.closest?.(ITEM);
    if (!item || event.ctrlKey || event.altKey || event.metaKey) {
      if (event.key === "ArrowDown" && event.target.matches?.("body, #task-name") && own()) {
        event.preventDefault();
        goOn(own(), null);
      }
      return;
    }
    const isList = event.target.matches("textarea, select, input[type=date]");
    if (["ArrowDown", "ArrowUp"].includes(event.key) && !isList) {
      event.preventDefault();
      move(item, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target.matches("input") && !event.target.matches("[type=file]")) {
      // Enter sends no form from here.
      event.preventDefault();
      goOn(checkOf(item), item);
    }
  });

  function begin() {
    for (const check of document.querySelectorAll(".qc-check")) show(check);
    showErrors();
  }

  const saysWhy = () => {
    const check = own();
    return Boolean(check) && (asked(check).some((item) => item.dataset.verdict === NOT_OK) || check.querySelector("[data-defect]") !== null);
  };

  document.addEventListener("qc:check-changed", (event) => show(checkOf(event.target)));
  document.addEventListener("htmx:afterSettle", begin);
  document.addEventListener("htmx:oobAfterSwap", begin);
  begin();

  return { saysWhy, ruling, allOk, goOn };
})();
