"""Versions of check plans in words, and what has changed from one to another."""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qc.checks.plan import Item, Plan
from qc.models import AnswerKind, OutcomeRule, Verdict


class Difference(NamedTuple):
    """What one version says of something, and what another one says."""

    what: str
    before: str
    now: str


class ItemChange(NamedTuple):
    """An item that is new, gone or changed: what is different about it."""

    question: str
    summary: str
    differences: list[Difference]


def rule_of(plan: Plan) -> str:
    """Return what the outcome follows from."""
    text = str(plan.rule.label)
    if plan.rule != OutcomeRule.SCORE:
        return text
    return _("%(rule)s; passes from %(score)d %%") % {"rule": text, "score": plan.pass_score}


def facts_of(item: Item, plan: Plan) -> dict[str, str]:
    """Return what a plan says of an item, by the name of what is said; "" where nothing is."""
    return {
        _("Question"): item.question,
        _("Section"): item.section,
        _("Answer"): str(item.kind.label),
        _("Choices"): ", ".join(_choices(item)),
        _("Limits, unit"): limits_of(item),
        _("Required"): _("yes") if item.is_required else _("no"),
        _("Critical"): _("yes") if item.is_critical else _("no"),
        _("Weight"): str(item.weight),
        _("Help"): item.help,
        _("Picture"): item.picture and f"SHA-256 {item.picture}",
        _("Only if"): condition_of(item, plan),
    }


def limits_of(item: Item) -> str:
    """Return the limits of a number with their unit, the unit alone, or ""."""
    if item.kind != AnswerKind.NUMBER:
        return ""
    lower, upper = (
        None if limit is None else number_format(limit, item.decimals, use_l10n=True)
        for limit in (item.lower, item.upper)
    )
    values = {"lower": lower, "upper": upper}
    if lower and upper:
        text = _("%(lower)s to %(upper)s") % values
    elif lower:
        text = _("at least %(lower)s") % values
    else:
        text = _("at most %(upper)s") % values if upper else ""
    return f"{text} {item.unit}".strip()


def condition_of(item: Item, plan: Plan) -> str:
    """Return on which answers to which item another one is asked, or ""."""
    if item.only_if is None:
        return ""
    earlier = plan.by_key[item.only_if.item]
    names = [_answer(earlier, answer) for answer in item.only_if.answers]
    values = {"question": earlier.question, "answers": ", ".join(names)}
    return _("“%(question)s”: %(answers)s") % values


def changes(before: Plan, now: Plan) -> list[ItemChange]:
    """Return the items that are new, gone, moved or changed, in their present order."""
    found = [_change(before, now, key) for key in {**now.by_key, **before.by_key}]
    return [change for change in found if change]


def _change(before: Plan, now: Plan, key: str) -> ItemChange | None:
    was, item = before.by_key.get(key), now.by_key.get(key)
    if item is None or was is None:
        question = (item or before.by_key[key]).question
        return ItemChange(question, _("new") if item else _("removed"), [])
    differences = _differences(facts_of(was, before), facts_of(item, now))
    if key in _moved(before, now):
        return ItemChange(item.question, _("moved"), differences)
    return ItemChange(item.question, _("changed"), differences) if differences else None


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(what, before[what] or "–", now[what] or "–")
        for what in now
        if before[what] != now[what]
    ]


def _moved(before: Plan, now: Plan) -> set[str]:
    """Return the keys of the items that stand elsewhere among those that both plans have."""
    old = [item.key for item in before.items if item.key in now.by_key]
    new = [item.key for item in now.items if item.key in before.by_key]
    blocks = SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks()
    return set(new).difference(*(new[one.b : one.b + one.size] for one in blocks))


def _choices(item: Item) -> list[str]:
    return [one.value if one.is_ok else _("%s (not OK)") % one.value for one in item.options]


def _answer(item: Item, value: str) -> str:
    return str(Verdict(value).label) if item.kind == AnswerKind.OK_NOT_OK else value
