"""The fields of *My work* that name defects and count quantities.

The n-th defect is in `defect-<n>-code`, `-severity`, `-quantity`, `-note` and `-item`. Numbers may
be missing, as rows are removed; a row without a code and a note is none.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import gettext as _

from qc.checks import defects, judging
from qc.checks.check_input import CheckInput, FoundDefect
from qc.checks.plan import Item
from qc.models import DefectCode, Severity, Task

NAME = re.compile(r"defect-(\d{1,4})-(code|severity|quantity|note|item|removed)")
# Without scripts so many more defects can be named at a time.
SPARE_ROWS = 3
LONGEST_NUMBER = 10


def read(sent: Mapping[str, str]) -> tuple[tuple[FoundDefect, ...], int | None, int | None]:
    """Return the defects of a form, how many were inspected, and how many rejected."""
    rows: dict[int, dict[str, str]] = {}
    for name, text in sent.items():
        if found := NAME.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = text.strip()
    kept = [row for _n, row in sorted(rows.items()) if not row.get("removed")]
    named = [row for row in kept if row.get("code") or row.get("note")]
    return tuple(map(_defect, named)), _number(sent, "inspected"), _number(sent, "rejected")


def fields(check: CheckInput) -> list[tuple[str, str, str]]:
    """Return the name and value of each of these fields, and both in words."""
    found = [
        (f"defect-{n}-{part}", value, words)
        for n, one in enumerate(check.defects)
        for part, value, words in _parts(one)
    ]
    counts = (
        ("inspected", check.inspected, _("inspected")),
        ("rejected", check.rejected, _("rejected")),
    )
    return found + [
        (name, str(value), f"{label}: {value}")
        for name, value, label in counts
        if value is not None
    ]


@dataclass(frozen=True)
class ShownDefect:
    """A row of the form: a defect, its place in the form, and what is wrong with it."""

    n: int
    found: FoundDefect
    errors: Mapping[str, str]

    @property
    def message(self) -> str:
        """What is wrong, in sentences."""
        return " ".join(self.errors.values())


class DefectForm:
    """The defects of a task as the form shows them, with the codes that can be chosen."""

    def __init__(self, task: Task, sent: CheckInput, errors: Mapping[str, str]) -> None:
        self.task, self.sent, self.errors = task, sent, errors

    @cached_property
    def codes(self) -> list[DefectCode]:
        """The codes of the queue."""
        return defects.codes_of(self.task.queue_id)

    @cached_property
    def frequent(self) -> list[DefectCode]:
        """Those that were found most often of late."""
        return defects.frequent(self.task.queue_id, self.codes)

    @cached_property
    def has_digit_keys(self) -> bool:
        """Whether digits choose the most frequent codes: no code begins with one."""
        return not any(one.code[:1].isdigit() for one in self.codes)

    @cached_property
    def rows(self) -> list[ShownDefect]:
        """The defects named so far."""
        return [
            ShownDefect(n, one, _of_row(self.errors, n)) for n, one in enumerate(self.sent.defects)
        ]

    @property
    def spare(self) -> list[ShownDefect]:
        """The empty rows for people without scripts."""
        used = len(self.sent.defects)
        return [ShownDefect(used + n, FoundDefect(""), {}) for n in range(SPARE_ROWS)]

    @property
    def message(self) -> str:
        """What is wrong with the defects as a whole."""
        return self.errors.get("defects", "")

    @property
    def severities(self) -> Sequence[tuple[int, str]]:
        """The severities to choose from."""
        return [(one.value, str(one.label)) for one in Severity]

    @cached_property
    def items(self) -> Sequence[Item]:
        """The items of the plan, where a defect can be."""
        plan = judging.plan_of(self.task)
        return plan.items if plan else ()

    @property
    def codes_json(self) -> str:
        """What the page's scripts look for: codes with their names and severities, as JSON."""
        return json.dumps(
            [
                {
                    "code": one.code,
                    "name": one.local_name,
                    "group": one.group,
                    "severity": one.severity,
                    "also": f"{one.name} {one.name_de}",
                }
                for one in self.codes
            ]
        )


def _defect(row: Mapping[str, str]) -> FoundDefect:
    quantity, severity = row.get("quantity", ""), row.get("severity", "")
    found = FoundDefect(row.get("code", ""), note=row.get("note", ""), item=row.get("item", ""))
    # What is no number is no right one: the check refuses it.
    return replace(
        found,
        quantity=(_whole(quantity) or 0) if quantity else 1,
        severity=(_whole(severity) or 0) if severity else None,
    )


def _number(sent: Mapping[str, str], name: str) -> int | None:
    return _whole(sent.get(name, "").strip())


def _whole(text: str) -> int | None:
    """Return a whole number; None for any other text."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None


def _parts(one: FoundDefect) -> list[tuple[str, str, str]]:
    """Return the parts of a defect that are filled in, each with its value and in words."""
    severity = "" if one.severity is None else str(one.severity)
    word = str(dict(Severity.choices).get(one.severity or 0, severity))
    parts = [
        ("code", one.code, _("Defect: %s") % one.code),
        ("quantity", str(one.quantity), _("quantity: %s") % one.quantity),
        ("severity", severity, _("severity: %s") % word),
        ("item", one.item, _("where: %s") % one.item),
        ("note", one.note, _("note: %s") % one.note),
    ]
    return [part for part in parts if part[1]]


def _of_row(errors: Mapping[str, str], n: int) -> dict[str, str]:
    prefix = f"defects.{n}."
    return {
        name.removeprefix(prefix): text for name, text in errors.items() if name.startswith(prefix)
    }
