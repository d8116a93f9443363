"""The counts of an import's rows by kind, and the first rows of each kind, for its page."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from qc.imports.planner import ParsedRow, Plan, PlannedRow
from qc.imports.validation import same, text_of
from qc.models import Import, Queue, Task
from qc.models.imports import COUNTS

# Rows kept of each kind; all are counted.
SHOWN = 100


class Summary:
    """The counts and first rows of an import, added to what its record has so far."""

    def __init__(self, record: Import) -> None:
        self.counts = {name: getattr(record, name) for name in COUNTS}
        self.shown = {kind: list(rows) for kind, rows in record.shown.items()}

    def add(self, plan: Plan) -> None:
        """Add what some more rows would do, or have done."""
        for kind, rows in plan._asdict().items():
            shown = self.shown.setdefault(kind, [])
            shown += map(_as_json, rows[: SHOWN - len(shown)])
            self.counts[kind] += len(rows)

    def columns(self) -> dict[str, Any]:
        """Return the columns of the record that store it."""
        return {"shown": self.shown, **self.counts}


def _as_json(row: PlannedRow | ParsedRow) -> dict[str, Any]:
    if isinstance(row, ParsedRow):
        values = {name: value for name, value in row.values.items() if value is not None}
        row = PlannedRow(row.number, Task(**values), {})
    task = row.task
    return {
        "row": row.number,
        "reference": task.reference,
        "name": task.name,
        "queue": task.queue.name,
        "priority": int(task.priority),
        "due_at": _plain(task.due_at),
        "status": task.status,
        "columns": [
            change for name, pair in row.changes.items() for change in _changes(name, *pair)
        ],
    }


def _changes(name: str, old: Any, new: Any) -> list[list[Any]]:
    """Return a changed column with its old and new value; for details, each that differs."""
    if name != "details":
        return [[name, _plain(old), _plain(new)]]
    pairs = [(key, text_of(old.get(key)), text_of(new.get(key))) for key in old | new]
    return [[key, before, after] for key, before, after in pairs if not same(before, after)]


def _plain(value: Any) -> Any:
    if isinstance(value, Queue):
        return value.name
    return DjangoJSONEncoder().default(value) if hasattr(value, "isoformat") else value
