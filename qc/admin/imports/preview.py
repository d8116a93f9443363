"""The tables of an import's page: one for each kind of rows, with the first rows of that kind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from qc.admin.shared import labels
from qc.admin.shared.diffs import NOTHING
from qc.admin.shared.excerpts import LONGEST
from qc.core.localization import local
from qc.imports import storage as import_storage
from qc.imports.columns import label
from qc.imports.preview import SHOWN
from qc.models import Import, Task

# A stored sample of a row, by the names of its values.
Sample = dict[str, Any]
Cells = tuple[object, ...]


@dataclass(frozen=True)
class RowsTable:
    """The first rows of one kind, each cell with its heading, and how many rows there are."""

    title: str
    count: int
    more: int
    headings: Sequence[str]
    rows: list[list[tuple[str, str]]]


def tables(record: Import) -> dict[str, RowsTable]:
    """Return the tables to show, by kind; none for a kind without rows."""
    task = (_("Row"), _("Reference"), _("Name"), _("Queue"), _("Priority"), _("Due"))
    change = (_("Row"), _("Reference"), _("Column"), _("Before"), _("After"))
    left_alone = _("Skipped: assigned, completed or cancelled")
    layouts: dict[str, tuple[str, Sequence[str], Callable[[Sample], Iterator[Cells]]]] = {
        "new": (_("New"), task, _task),
        "changed": (_("Changed"), change, _changes),
        "left_alone": (left_alone, (*task, _("Status")), _left_alone),
        "unchanged": (_("Unchanged"), task, _task),
    }
    if record.file_deleted_at:
        return {}
    shown = {"faults": _refused(record)} if record.refused else {}
    for kind, (title, headings, cells_of) in layouts.items():
        if count := getattr(record, kind):
            samples = record.shown.get(kind, [])
            rows = [cells for sample in samples for cells in cells_of(sample)]
            shown[kind] = _table(title, count, len(samples), headings, rows)
    return shown


def _refused(record: Import) -> RowsTable:
    faults = import_storage.faults(record, SHOWN)
    headings = (_("Row"), _("Column"), _("Found"), _("Allowed"))
    rows = [(one.row, label(one.column), one.value, one.message) for one in faults]
    n_rows = len({fault.row for fault in faults})
    return _table(_("Refused"), record.refused, n_rows, headings, rows)


def _table(
    title: str, count: int, shown: int, headings: Sequence[str], rows: Sequence[Cells]
) -> RowsTable:
    cells = [list(zip(headings, map(_short, row), strict=True)) for row in rows]
    return RowsTable(title, count, max(count - shown, 0), headings, cells)


def _short(cell: object) -> str:
    return cell if isinstance(cell, SafeString) else Truncator(str(cell)).chars(LONGEST)


def _task(sample: Sample) -> Iterator[Cells]:
    due = sample["due_at"]
    yield (
        *(sample[name] for name in ("row", "reference", "name", "queue")),
        labels.priority(Task(priority=sample["priority"])),
        _as_text("due_at", due) if due else _("from the queue's target"),
    )


def _left_alone(sample: Sample) -> Iterator[Cells]:
    for cells in _task(sample):
        yield *cells, labels.status(Task(status=sample["status"]))


def _changes(sample: Sample) -> Iterator[Cells]:
    """Yield a row for each changed column."""
    for name, before, after in sample["columns"]:
        values = (_as_text(name, value) for value in (before, after))
        yield sample["row"], sample["reference"], label(name), *values


def _as_text(name: str, value: Any) -> str:
    if name == "due_at" and value and (moment := parse_datetime(value)):
        return local(moment).strftime("%Y-%m-%d %H:%M")
    if name == "priority" and isinstance(value, int):
        return str(Task(priority=value).get_priority_display())
    return str(value) or NOTHING
