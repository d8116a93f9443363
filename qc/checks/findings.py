"""What a check found, in words: `Task.findings` read with the version of the plan it was by.

An answer whose item is not in that version keeps its key for a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from qc.checks import plan
from qc.checks.plan import Item
from qc.models import AnswerKind, Severity, Verdict

Findings = Mapping[str, Any]


@dataclass(frozen=True)
class FoundAnswer:
    """An answer with the item that it answers."""

    item: Item
    value: str
    verdict: Verdict

    @property
    def shown(self) -> str:
        """The value as people read it, with its unit."""
        if self.item.kind == AnswerKind.OK_NOT_OK:
            return str(self.verdict.label)
        if self.item.kind == AnswerKind.NUMBER:
            return with_unit(self.item, self.value)
        if self.item.kind == AnswerKind.DATE and (day := _date(self.value)):
            return date_format(day, "DATE_FORMAT")
        return self.value

    @property
    def limits(self) -> str:
        """The limits of a number; "" where it has none."""
        return limits(self.item)

    @property
    def sentence(self) -> str:
        """The answer in a few words: "Torque 11.2 Nm, out of 8–10"."""
        words = {"item": self.item.question, "value": self.shown, "limits": self.limits}
        if self.verdict == Verdict.NOT_OK and self.limits:
            return _("%(item)s %(value)s, out of %(limits)s") % words
        if self.verdict == Verdict.NOT_OK and self.item.kind != AnswerKind.OK_NOT_OK:
            return _("%(item)s: %(value)s, not OK") % words
        return _("%(item)s: %(value)s") % words


def answers(findings: Findings | None, version_id: int | None) -> list[FoundAnswer]:
    """Return the answers of a check, in the order of its plan."""
    found = (findings or {}).get("answers", {})
    items = plan.of_version(version_id).by_key if found and version_id else {}
    return [
        FoundAnswer(
            items.get(key, Item(key, key, AnswerKind.TEXT)), one["value"], Verdict(one["verdict"])
        )
        for key, one in found.items()
    ]


def notable(findings: Findings | None, version_id: int | None) -> Iterator[str]:
    """Yield in words what matters of a check: answers that are not OK, and defects."""
    for answer in answers(findings, version_id):
        if answer.verdict == Verdict.NOT_OK:
            yield answer.sentence
    for defect in (findings or {}).get("defects", []):
        yield defect_words(defect)


def by_item(findings: Findings | None, version_id: int | None) -> dict[str, tuple[str, str]]:
    """Return the name of each thing found, and what was found, in words.

    They are by the keys of the items; score, defects and files have keys that no item can have.
    """
    found = findings or {}
    words = {one.item.key: (one.item.question, _answer(one)) for one in answers(found, version_id)}
    if "score" in found:
        words["#score"] = _("Score"), percent(found["score"])
    if "defects" in found:
        words["#defects"] = _("Defects"), "; ".join(map(defect_words, found["defects"]))
    if "files" in found:
        words["#files"] = _("Files"), "; ".join(map(file_words, found["files"]))
    return words


def defect_words(defect: Mapping[str, Any]) -> str:
    """Return a defect in words: "3 × SCR (major, torque): at the edge"."""
    severity = str(Severity(defect["severity"]).label)
    where = ", ".join(filter(None, [severity, defect.get("item")]))
    note = f": {defect['note']}" if defect.get("note") else ""
    return f"{defect['quantity']} × {defect['code']} ({where}){note}"


def file_words(file: Mapping[str, Any]) -> str:
    """Return a file in words: its name, and the beginning of its SHA-256."""
    return f"{file['name']} ({file['sha256'][:12]}…)"


def percent(value: float) -> str:
    """Return a score in words."""
    return _("%s %%") % number_format(round(value, 1), 1)


def limits(item: Item) -> str:
    """Return the limits of an item in words: "8–10", "≥ 8", "≤ 10"; "" without any."""
    lower, upper = (bound is not None and _number(bound) for bound in (item.lower, item.upper))
    if lower and upper:
        return f"{lower}–{upper}"
    if lower or upper:
        return f"≥ {lower}" if lower else f"≤ {upper}"
    return ""


def with_unit(item: Item, value: str) -> str:
    """Return a number as people read it, with the unit of its item."""
    try:
        shown = _number(Decimal(value))
    except InvalidOperation:
        shown = value
    return f"{shown} {item.unit}".rstrip()


def _answer(answer: FoundAnswer) -> str:
    is_plain = answer.item.kind == AnswerKind.OK_NOT_OK or answer.verdict == Verdict.NONE
    return answer.shown if is_plain else f"{answer.shown} ({answer.verdict.label})"


def _number(value: Decimal) -> str:
    return number_format(format(value, "f"))


def _date(value: str) -> Any:
    try:
        return parse_date(value)
    except ValueError:
        return None
