"""The counts of an import's rows by kind, and the first rows of each kind, for its page."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.text import Truncator

from qc.imports.planner import ParsedRow, Plan, PlannedRow
from qc.imports.reader import Batch
from qc.imports.reading import Findings
from qc.imports.survey import MOST_KEPT, Words
from qc.imports.validation import same, text_of
from qc.models import Import, Queue, Task
from qc.models.imports import COUNTS

# Rows kept of each kind; all are counted.
SHOWN = 100
# How much is kept of a text, and of all rows of a kind: they are stored in one column.
LONGEST = 300
MOST_CHARACTERS = 500_000


class Summary:
    """The counts and first rows of an import, added to what its record has so far."""

    def __init__(self, record: Import) -> None:
        self.counts = {name: getattr(record, name) for name in COUNTS}
        self.shown = {kind: list(rows) for kind, rows in record.shown.items()}

    def add(self, plan: Plan) -> None:
        """Add what some more rows would do, or have done."""
        for kind, rows in plan._asdict().items():
            shown = self.shown.setdefault(kind, [])
            _add_first(shown, rows)
            self.counts[kind] += len(rows)

    def columns(self) -> dict[str, Any]:
        """Return the columns of the record that store it."""
        return {"shown": self.shown, **self.counts}


class Seen:
    """What only the check of all rows has seen, for the page."""

    def __init__(self) -> None:
        self.hidden = self.stray = self.linked = self.repeats = self.zeros_lost = 0
        self.totals: list[int] = []
        self.words = {"priority": Words(), "queue": Words()}

    def add(self, batch: Batch) -> None:
        """Add what some more rows had."""
        self.hidden, self.stray = self.hidden + batch.hidden, self.stray + batch.stray
        self.linked, self.repeats = self.linked + batch.linked, self.repeats + batch.repeats
        self.totals += batch.totals[: MOST_KEPT - len(self.totals)]
        for row in batch.refused:
            for fault in row.faults:
                if fault.column in self.words and fault.value:
                    self.words[fault.column].add(fault.value)

    def findings(self, before: Findings) -> Findings:
        """Return what was seen, with what was known `before`."""
        return replace(
            before,
            hidden_rows=self.hidden,
            stray_cells=self.stray,
            linked=self.linked,
            repeats=self.repeats,
            totals=self.totals,
            zeros_lost=self.zeros_lost,
            words=self.words["priority"].as_json(),
            queues=self.words["queue"].as_json(),
        )


def _add_first(shown: list[Any], rows: Sequence[PlannedRow | ParsedRow]) -> None:
    """Add the first of these rows, as long as there is room."""
    room = MOST_CHARACTERS - len(json.dumps(shown)) if len(shown) < SHOWN else 0
    for row in rows[: SHOWN - len(shown)]:
        sample = _as_json(row)
        room -= len(json.dumps(sample))
        if room < 0:
            return
        shown.append(sample)


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
    return [list(map(_plain, pair)) for pair in pairs if not same(*pair[1:])]


def _plain(value: Any) -> Any:
    if isinstance(value, Queue):
        return value.name
    if isinstance(value, str):
        return Truncator(value).chars(LONGEST)
    return DjangoJSONEncoder().default(value) if hasattr(value, "isoformat") else value
