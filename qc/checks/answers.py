"""What the answers of a check say: read, and judged item by item.

An item is asked only where its condition holds; the answer to one that is not asked is left out.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.checks.plan import Item, Plan
from qc.core.exceptions import InvalidCheck
from qc.models import AnswerKind, Verdict
from qc.models.checks import LONGEST_VALUE, MOST_DECIMALS, MOST_DIGITS

OK_VALUES = (Verdict.OK, Verdict.NOT_OK, Verdict.NOT_APPLICABLE)
# So many digits before the point go into the column of numbers.
NUMBER = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS - MOST_DECIMALS}}}(\.[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an item, and what it means. `value` is "" where the verdict says all."""

    item: Item
    value: str = ""
    verdict: Verdict = Verdict.NONE
    number: Decimal | None = None

    def as_json(self) -> dict[str, str]:
        """Return it as it stands in the findings of a task."""
        return {"value": self.value, "verdict": self.verdict.value}


def read(
    plan: Plan | None, sent: Mapping[str, str], *, photographed: Collection[str] = ()
) -> list[Answered]:
    """Return the answers to the items that are asked, in the order of the plan.

    `photographed` are the keys of items that have a photo. Raises InvalidCheck, which names each
    item with a wrong answer or none, and what is allowed.
    """
    plan = plan or Plan()
    errors = {f"answers.{key}": _unknown(key) for key in sent if key not in plan.by_key}
    answered = []
    for item in asked(plan, sent):
        try:
            answered += _answer(item, sent.get(item.key, "").strip(), photographed)
        except ValueError as problem:
            errors[f"answers.{item.key}"] = f"{item.question}: {problem}"
    if errors:
        raise InvalidCheck(errors)
    return answered


def asked(plan: Plan, sent: Mapping[str, str]) -> Iterator[Item]:
    """Yield the items that are asked with these answers: those whose condition holds, if any."""
    keys = set()
    for item in plan.items:
        condition = item.only_if
        if condition and (
            condition.item not in keys
            or sent.get(condition.item, "").strip() not in condition.answers
        ):
            continue
        keys.add(item.key)
        yield item


def judged(item: Item, text: str) -> Answered:
    """Return what an answer to an item means. Raises ValueError, which says what is allowed."""
    return _READERS[item.kind](item, text)


def _answer(item: Item, text: str, photographed: Collection[str]) -> list[Answered]:
    """Return the answer in a list, an empty one for none. Raises ValueError."""
    if text:
        return [judged(item, text)]
    if item.is_required and item.key not in photographed:
        needs_photo = item.kind == AnswerKind.PHOTO
        raise ValueError(_("add a photo.") if needs_photo else _("please answer this."))
    return []


def _verdict(is_ok: bool) -> Verdict:
    return Verdict.OK if is_ok else Verdict.NOT_OK


def _ok(item: Item, text: str) -> Answered:
    if text not in OK_VALUES:
        raise ValueError(_("one of %s.") % ", ".join(OK_VALUES))
    return Answered(item, verdict=Verdict(text))


def _choice(item: Item, text: str) -> Answered:
    for option in item.options:
        if option.value == text:
            return Answered(item, text, _verdict(option.is_ok))
    raise ValueError(_("one of %s.") % ", ".join([option.value for option in item.options]))


def _number(item: Item, text: str) -> Answered:
    """Read a number with a point, or a comma, before its decimals."""
    plain = text.replace(",", ".").replace("−", "-")
    _whole, _point, decimals = plain.partition(".")
    if not NUMBER.fullmatch(plain) or len(decimals) > item.decimals:
        raise ValueError(_a_number(item.decimals))
    number = Decimal(plain)
    return Answered(item, plain, _by_limits(item, number), number)


def _by_limits(item: Item, number: Decimal) -> Verdict:
    if item.lower is None and item.upper is None:
        return Verdict.NONE
    is_low = item.lower is not None and number < item.lower
    is_high = item.upper is not None and number > item.upper
    return _verdict(not (is_low or is_high))


def _a_number(decimals: int) -> str:
    if not decimals:
        return _("a whole number.")
    return (
        ngettext(
            "a number, at most %d decimal.",
            "a number, at most %d decimals.",
            decimals,
        )
        % decimals
    )


def _date(item: Item, text: str) -> Answered:
    if DATE.fullmatch(text):
        try:
            return Answered(item, date.fromisoformat(text).isoformat())
        except ValueError:
            pass  # No such day.
    raise ValueError(_("a date such as 2026-03-31."))


def _text(item: Item, text: str) -> Answered:
    if len(text) > LONGEST_VALUE:
        raise ValueError(_("at most %d characters.") % LONGEST_VALUE)
    return Answered(item, text)


def _photo(item: Item, text: str) -> Answered:
    raise ValueError(_("add a photo, not a text."))


_READERS: dict[AnswerKind, Callable[[Item, str], Answered]] = {
    AnswerKind.OK_NOT_OK: _ok,
    AnswerKind.CHOICE: _choice,
    AnswerKind.NUMBER: _number,
    AnswerKind.TEXT: _text,
    AnswerKind.DATE: _date,
    AnswerKind.SCAN: _text,
    AnswerKind.PHOTO: _photo,
}


def _unknown(key: str) -> str:
    return _("There is no item “%s” in this check.") % key
