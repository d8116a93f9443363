"""What somebody sends of a check, complete or not: answers, defects and quantities.

The same form is sent to the API, kept as a draft with the task (`Task.draft_findings`) and made
from the fields of *My work*::

    {"answers": {"torque": "11.2", "label": "ok", "colour": "red"},
     "defects": [{"code": "SCR", "severity": 2, "quantity": 3, "note": "", "item": "torque"}],
     "inspected": 50, "rejected": 3}

Answers are texts: "ok", "not_ok" or "na" for an item of that kind, numbers with a point, dates in
ISO 8601. What is not answered is left out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class FoundDefect:
    """Defects of one code; `item` is the key of the item where they were found, or ""."""

    code: str
    # None: the code's own.
    severity: int | None = None
    quantity: int = 1
    note: str = ""
    item: str = ""


@dataclass(frozen=True)
class CheckInput:
    """A check as somebody sends it; nothing of it is known to be right yet."""

    answers: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[FoundDefect, ...] = ()
    inspected: int | None = None
    rejected: int | None = None

    def __bool__(self) -> bool:
        """Whether anything was sent."""
        quantities = (self.inspected, self.rejected)
        return bool(self.answers or self.defects) or quantities != (None, None)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept with the task."""
        return asdict(self) | {"defects": [asdict(one) for one in self.defects]}

    def as_draft(self) -> dict[str, Any] | None:
        """Return it as it is kept with a task; None where nothing was sent."""
        return self.as_json() if self else None


def of_draft(stored: Mapping[str, Any] | None) -> CheckInput:
    """Return what is kept with a task; an empty one where nothing is."""
    if not stored:
        return CheckInput()
    defects = tuple(FoundDefect(**one) for one in stored["defects"])
    return CheckInput(**dict(stored) | {"defects": defects})
