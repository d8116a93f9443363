"""A plan as it is being edited: keys for its items, what is wrong with it, and its content.

`CheckPlan` and `PlanItem` rows, saved or not: forms and imports ask here before they save.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.text import slugify
from django.utils.translation import gettext as _

from qc.checks.plan import Item
from qc.models import AnswerKind, CheckPlan, OutcomeRule, PlanItem, Verdict
from qc.models.checks import LONGEST_KEY
from qc.models.queues import folded

NOT_OK = "!"
MOST_ITEMS = 100
# For a question without a letter or digit that a key may have.
UNNAMED = "item"


class Fault(NamedTuple):
    """Something wrong with a plan: in which field of which item (None: of the plan), and what."""

    item: PlanItem | None
    field: str
    message: str

    def __str__(self) -> str:
        if self.item is None:
            return self.message
        return _("“%(item)s”: %(what)s") % {"item": self.item, "what": self.message}


def complete(items: Sequence[PlanItem]) -> None:
    """Give each item without a key one that is made of its question, and spell conditions alike.

    A condition may name an item by its question, and answers as pages show them; it is stored by
    the item's key and the answers' values.
    """
    taken = {item.key for item in items}
    for item in items:
        if not item.key:
            item.key = _free_key(item.question, taken)
            taken.add(item.key)
    for item in items:
        if item.only_if:
            _spell_condition(item, items)


def faults(plan: CheckPlan, items: Sequence[PlanItem]) -> Iterator[Fault]:
    """Yield all that is wrong with a plan whose items are `complete`."""
    if not items:
        yield Fault(None, "", _("A check plan needs at least one item."))
    if len(items) > MOST_ITEMS:
        yield Fault(None, "", _("A check plan has at most %d items.") % MOST_ITEMS)
    for at, item in enumerate(items):
        for check in _CHECKS:
            yield from (Fault(item, *one) for one in check(item, items[:at]))
    if items and plan.rule == OutcomeRule.SCORE and not any(map(_counted_weight, items)):
        message = _("A score needs an item that can be OK or not OK, with a weight above 0.")
        yield Fault(None, "rule", message)


def content_of(plan: CheckPlan, items: Sequence[PlanItem]) -> dict[str, Any]:
    """Return the content of a version, as `qc.checks.plan` reads it."""
    return {
        "rule": str(plan.rule),
        "pass_score": plan.pass_score,
        "items": [_item_content(item) for item in items],
    }


def options_of(item: PlanItem) -> dict[str, bool]:
    """Return the choices of an item, each with whether it is OK."""
    lines = _lines(item.options)
    return {line.removeprefix(NOT_OK).strip(): not line.startswith(NOT_OK) for line in lines}


def answers_of(item: PlanItem) -> dict[str, str]:
    """Return the answers that a condition may name, by value as they are shown; often none."""
    if item.kind == AnswerKind.CHOICE:
        return {value: value for value in options_of(item)}
    if item.kind == AnswerKind.OK_NOT_OK:
        return {one.value: str(one.label) for one in Verdict if one}
    return {}


def has_verdict(item: PlanItem) -> bool:
    """Return whether an answer to an item is OK or not OK."""
    if item.kind == AnswerKind.NUMBER:
        return item.lower is not None or item.upper is not None
    return item.kind in (AnswerKind.OK_NOT_OK, AnswerKind.CHOICE)


def plain(limit: Decimal | None) -> str | None:
    """Return a limit without the zeros that a database adds."""
    return None if limit is None else f"{limit.normalize():f}"


def _free_key(question: str, taken: set[str]) -> str:
    key = slugify(question).replace("-", "_")[:LONGEST_KEY].strip("_") or UNNAMED
    endings = ("", *(f"_{n}" for n in range(2, len(taken) + 2)))
    keys = (key[: LONGEST_KEY - len(ending)] + ending for ending in endings)
    return next(one for one in keys if one not in taken)


def _spell_condition(item: PlanItem, items: Sequence[PlanItem]) -> None:
    by_name = {folded(one.question): one for one in reversed(items)}
    by_name |= {one.key: one for one in items}
    earlier = by_name.get(item.only_if) or by_name.get(folded(item.only_if))
    if earlier is None:
        return
    item.only_if = earlier.key
    values = {folded(name): value for value, name in answers_of(earlier).items()}
    values |= {folded(value): value for value in values.values()}
    answers = (values.get(folded(line), line) for line in _lines(item.only_if_answers))
    item.only_if_answers = "\n".join(dict.fromkeys(answers))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _counted_weight(item: PlanItem) -> int:
    return item.weight if has_verdict(item) else 0


# What is wrong with an item, by field; `before` are the items before it.
_Found = Iterator[tuple[str, str]]


def _check_names(item: PlanItem, before: Sequence[PlanItem]) -> _Found:
    if not item.question:
        yield "question", _("Write the question.")
    if item.key in {one.key for one in before}:
        yield "key", _("Another item has the key %(key)s.") % {"key": item.key}


def _check_options(item: PlanItem, before: Sequence[PlanItem]) -> _Found:
    if item.kind != AnswerKind.CHOICE:
        if item.options:
            yield "options", _("Only a choice has choices; leave them empty.")
        return
    options = options_of(item)
    if "" in options:
        yield "options", _("Write the choice behind the “!”.")
    elif len(options) < max(len(_lines(item.options)), 2):
        yield "options", _("Write at least two choices, each once, one on each line.")
    elif not any(options.values()):
        yield "options", _("At least one choice must be OK: one without a “!” before it.")


def _check_limits(item: PlanItem, before: Sequence[PlanItem]) -> _Found:
    limits = {name: getattr(item, name) for name in ("lower", "upper")}
    given = [name for name, limit in limits.items() if limit is not None]
    if item.kind != AnswerKind.NUMBER:
        yield from ((name, _("Only a number has limits; leave it empty.")) for name in given)
    elif len(given) == 2 and limits["lower"] > limits["upper"]:
        yield "lower", _("The lower limit must not be above the upper one.")


def _check_critical(item: PlanItem, before: Sequence[PlanItem]) -> _Found:
    if item.is_critical and not has_verdict(item):
        yield "is_critical", _("No answer to it is not OK, so it can't be critical.")


def _check_condition(item: PlanItem, before: Sequence[PlanItem]) -> _Found:
    wanted = _lines(item.only_if_answers)
    if not item.only_if:
        if wanted:
            yield "only_if", _("Name the item that has this answer.")
        return
    earlier = next((one for one in before if one.key == item.only_if), None)
    if earlier is None:
        yield "only_if", _("There is no item “%s” before this one.") % item.only_if
    elif not (possible := answers_of(earlier)):
        yield "only_if", _("Name an item that is answered by OK / not OK or by a choice.")
    elif not wanted or not possible.keys() >= set(wanted):
        names = ", ".join(possible.values())
        yield (
            "only_if_answers",
            _("“%(item)s” can have these answers: %(names)s.")
            % {
                "item": earlier,
                "names": names,
            },
        )


_CHECKS: tuple[Callable[[PlanItem, Sequence[PlanItem]], _Found], ...] = (
    _check_names,
    _check_options,
    _check_limits,
    _check_critical,
    _check_condition,
)


def _item_content(item: PlanItem) -> dict[str, Any]:
    """Return what an item needs: nothing that another kind has, or that is as it is by default."""
    values: dict[str, Any] = {
        "section": item.section,
        "help": item.help,
        "picture": item.picture_id or "",
        "required": item.is_required,
        "critical": item.is_critical,
        "weight": item.weight,
        **_content_of_kind(item),
    }
    if item.only_if:
        answers = _lines(item.only_if_answers)
        values["only_if"] = {"item": item.only_if, "answers": answers}
    named = {"key": item.key, "question": item.question, "kind": str(item.kind)}
    return named | {name: value for name, value in values.items() if value != _DEFAULTS.get(name)}


def _content_of_kind(item: PlanItem) -> Mapping[str, Any]:
    if item.kind == AnswerKind.CHOICE:
        options = options_of(item).items()
        return {"options": [{"value": value, "is_ok": is_ok} for value, is_ok in options]}
    if item.kind == AnswerKind.NUMBER:
        lower, upper = plain(item.lower), plain(item.upper)
        return {"unit": item.unit, "lower": lower, "upper": upper, "decimals": item.decimals}
    return {}


_DEFAULTS = {one.name.removeprefix("is_"): one.default for one in fields(Item)}
