"""Writes the tasks of some rows of a file and their history, in a few statements."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
from qc.core import compiled_queries
from qc.core.localization import for_the_record
from qc.imports.planner import SAVED, ParsedRow, Plan, plan
from qc.models import ChangeKind, Task, User, next_raise_at
from qc.models.search import leave_gap, replace_words


class Origin(NamedTuple):
    """Where tasks come from: the kinds of the rows of history, and the reason in all of them."""

    new: str
    changed: str
    reason: str


def write(rows: Sequence[ParsedRow], filename: str, *, by: User | None) -> Plan:
    """Create and change the tasks of these rows, inside a transaction; return the plan."""
    with for_the_record():
        reason = pgettext("a file", "from %s") % filename
    return write_rows(rows, Origin(ChangeKind.IMPORTED, ChangeKind.CHANGED, reason), by=by)


def write_rows(rows: Sequence[ParsedRow], origin: Origin, *, by: User | None) -> Plan:
    """Do what `write` does for rows of any origin."""
    planned = plan(rows, Task.objects.select_for_update())
    blank = Task(created_by=by, created_at=timezone.now())
    for start in range(0, len(planned.new), history.BATCH):
        references = _insert(planned.new[start : start + history.BATCH], blank)
        history.record_new(references, kind=origin.new, by=by, reason=origin.reason)
        # Their words are written after the import, which would take twice as long with them.
        leave_gap(references)
    changed = [row.task for row in planned.changed]
    save_changed(changed)
    reasons = [origin.reason] * len(changed)
    history.record_many(changed, kind=origin.changed, by=by, reasons=reasons)
    return planned


def save_changed(tasks: Sequence[Task]) -> None:
    """Save the columns of tasks that an import changes, without history."""
    with replace_words(tasks):
        for some in compiled_queries.pieces(tasks, _saved_values):
            Task.objects.bulk_update(some, SAVED, batch_size=history.BATCH)


def _saved_values(task: Task) -> list[Any]:
    values = [getattr(task, name) for name in SAVED]
    return [json.dumps(value) if isinstance(value, dict) else value for value in values]


def _insert(rows: Sequence[ParsedRow], blank: Task) -> tuple[str, ...]:
    """Insert tasks like `blank`, without history; return their references."""
    fields = {field.name: field for field in Task._meta.concrete_fields if not field.primary_key}
    imported = _columns([row.values for row in rows], blank)
    columns = {str(fields.pop(name).column): values for name, values in imported.items()}
    shared = {
        str(field.column): field.get_db_prep_save(getattr(blank, field.attname), connection)
        for field in fields.values()
    }
    compiled_queries.insert_rows(Task._meta.db_table, columns, shared)
    return tuple(imported["reference"])


def _columns(rows: Sequence[dict[str, Any]], blank: Task) -> dict[str, list[Any]]:
    """Return the columns in which new tasks differ, as the database takes them.

    All others are the same in all tasks created at once. They are due as by `Task.arrive`.
    """
    # Each moment once, as many tasks share one.
    moment, as_json = (
        cache(connection.ops.adapt_datetimefield_value),
        connection.ops.adapt_json_value,
    )
    due = [row.get("due_at") or row["queue"].due_at(blank.created_at) for row in rows]
    priorities = [row.get("priority") or blank.priority for row in rows]
    return {
        "reference": [row["reference"] for row in rows],
        "name": [row["name"] for row in rows],
        "queue": [row["queue"].pk for row in rows],
        "priority": priorities,
        "due_at": list(map(moment, due)),
        "raise_at": list(map(moment, map(next_raise_at, priorities, due))),
        "instructions": [row.get("instructions", "") for row in rows],
        "link": [row.get("link", "") for row in rows],
        "lot_size": [row.get("lot_size") for row in rows],
        "details": [as_json(row.get("details", {}), None) for row in rows],
    }
