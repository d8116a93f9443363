"""What a page shows of an import: a table for each kind of rows, and the first rows of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from qc.admin import labels
from qc.admin.changes import LONGEST, NOTHING
from qc.cells import Fault
from qc.models import Priority, Task
from qc.resources import Change, ImportResult
from qc.rows import same, text_of

# So many items of each kind; the counts are of all.
SHOWN = 100

Cells = tuple[object, ...]


@dataclass(frozen=True)
class Part:
    """One kind of rows: how many there are, and the first of them, each cell with its heading."""

    title: str
    count: int
    headings: Sequence[str]
    rows: list[list[tuple[str, str]]]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(self.count - SHOWN, 0)


def parts(result: ImportResult) -> dict[str, Part]:
    """Gives the tables to show, by kind; none for a kind that does not occur."""
    task = (_("Reference"), _("Name"), _("Queue"), _("Priority"), _("Due"))
    change = (_("Reference"), _("Column"), _("Now"), _("Then"))
    fault = (_("Row"), _("Column"), _("Found"), _("Allowed"))
    left_alone = _("Left alone: in work, done or cancelled")
    found = {
        "faults": _part(_("Refused"), fault, result.faults, _fault),
        "new": _part(_("New"), task, result.new, _task),
        "changed": _part(_("Changed"), change, result.changed, _change),
        "left_alone": _part(left_alone, (*task, _("Status")), result.left_alone, _left_alone),
        "unchanged": _part(_("Unchanged"), task, result.unchanged, _task),
    }
    return {kind: part for kind, part in found.items() if part.count}


def _part(
    title: str,
    headings: Sequence[str],
    items: Sequence[Any],
    rows_of: Callable[[Any], Iterable[Cells]],
) -> Part:
    rows = [map(_short, cells) for item in items[:SHOWN] for cells in rows_of(item)]
    table = [list(zip(headings, row, strict=True)) for row in rows]
    return Part(title, len(items), headings, table)


def _short(cell: object) -> str:
    return cell if isinstance(cell, SafeString) else Truncator(str(cell)).chars(LONGEST)


def _fault(fault: Fault) -> Iterable[Cells]:
    yield fault.row, fault.column, fault.value, fault.message


def _task(task: Task) -> Iterable[Cells]:
    due = _said("due_at", task.due_at) if task.due_at else _("by its queue's target")
    yield task.reference, task.name, task.queue, labels.priority(task), due


def _left_alone(task: Task) -> Iterable[Cells]:
    for cells in _task(task):
        yield *cells, labels.status(task)


def _change(change: Change) -> Iterable[Cells]:
    """Gives a row for each changed column; of the details, for those that differ."""
    columns = dict(change.columns)
    old, new = columns.pop("details", ({}, {}))
    for name, (before, after) in columns.items():
        yield change.task.reference, name, _said(name, before), _said(name, after)
    for name in old | new:
        before, after = text_of(old.get(name)), text_of(new.get(name))
        if not same(before, after):
            yield change.task.reference, name, before or NOTHING, after or NOTHING


def _said(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if name == "priority":
        return str(Priority(value).label)
    return str(value) or NOTHING
