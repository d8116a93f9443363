"""What a page shows of an import: a table for each kind of rows, and the first rows of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from qc.admin.shared import labels
from qc.admin.shared.diffs import LONGEST, NOTHING
from qc.imports import storage as import_storage
from qc.imports.preview import SHOWN
from qc.models import Import, Task
from qc.tables.cells import Fault

Cells = tuple[object, ...]
Told = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One kind of rows: how many there are, and the first of them, each cell with its heading."""

    title: str
    count: int
    more: int
    headings: Sequence[str]
    rows: list[list[tuple[str, str]]]


def parts(record: Import) -> dict[str, Part]:
    """Return the tables to show, by kind; none for a kind that does not occur."""
    task = (_("Row"), _("Reference"), _("Name"), _("Queue"), _("Priority"), _("Due"))
    change = (_("Row"), _("Reference"), _("Column"), _("Before"), _("After"))
    left_alone = _("Skipped: assigned, completed or cancelled")
    shown = record.shown
    found = {
        "faults": _refused(record),
        "new": _part(_("New"), record.new, task, shown.get("new", []), _task),
        "changed": _part(_("Changed"), record.changed, change, shown.get("changed", []), _change),
        "left_alone": _part(
            left_alone,
            record.left_alone,
            (*task, _("Status")),
            shown.get("left_alone", []),
            _left_alone,
        ),
        "unchanged": _part(
            _("Unchanged"), record.unchanged, task, shown.get("unchanged", []), _task
        ),
    }
    return {kind: part for kind, part in found.items() if part.count}


def faults_part(faults: Sequence[Fault], count: int, rows: int) -> Part:
    """Return the table of what is wrong; `count` and `rows` are how many rows, all and shown."""
    headings = (_("Row"), _("Column"), _("Found"), _("Allowed"))
    part = _part(_("Refused"), count, headings, faults, _fault)
    return Part(part.title, count, count - rows, part.headings, part.rows)


def _refused(record: Import) -> Part:
    if not record.refused:
        return Part("", 0, 0, (), [])
    faults = import_storage.faults(record, SHOWN)
    return faults_part(faults, record.refused, len({fault.row for fault in faults}))


def _part(
    title: str,
    count: int,
    headings: Sequence[str],
    items: Sequence[Any],
    rows_of: Callable[[Any], Iterable[Cells]],
) -> Part:
    rows = [map(_short, cells) for item in items for cells in rows_of(item)]
    table = [list(zip(headings, row, strict=True)) for row in rows]
    return Part(title, count, max(count - len(items), 0), headings, table)


def _short(cell: object) -> str:
    return cell if isinstance(cell, SafeString) else Truncator(str(cell)).chars(LONGEST)


def _fault(fault: Fault) -> Iterable[Cells]:
    yield fault.row, fault.column, fault.value, fault.message


def _task(told: Told) -> Iterable[Cells]:
    due = _said("due_at", told["due_at"]) if told["due_at"] else _("from the queue's target")
    priority = labels.priority(Task(priority=told["priority"]))
    yield told["row"], told["reference"], told["name"], told["queue"], priority, due


def _left_alone(told: Told) -> Iterable[Cells]:
    for cells in _task(told):
        yield *cells, labels.status(Task(status=told["status"]))


def _change(told: Told) -> Iterable[Cells]:
    """Return a row for each changed column."""
    for name, before, after in told["columns"]:
        yield told["row"], told["reference"], name, _said(name, before), _said(name, after)


def _said(name: str, value: Any) -> str:
    if name == "due_at" and value and (moment := parse_datetime(value)):
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
    if name == "priority" and isinstance(value, int):
        return str(Task(priority=value).get_priority_display())
    return str(value) or NOTHING
