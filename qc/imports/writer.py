"""Writes the tasks of some rows of a file and their history, in a few statements."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
from qc.core import compiled_queries
from qc.core.localization import for_the_record
from qc.imports.columns import COLUMNS
from qc.imports.planner import SAVED, ParsedRow, Plan, plan
from qc.models import ChangeKind, Task, User, next_raise_at

# The columns in which new tasks differ; all others are the same in all created at once.
IMPORTED_COLUMNS = (*COLUMNS, "details", "raise_at")


def write(rows: Sequence[ParsedRow], filename: str, *, by: User | None) -> Plan:
    """Create and change the tasks of these rows, inside a transaction; return the plan."""
    planned = plan(rows, Task.objects.select_for_update())
    with for_the_record():
        reason = pgettext("a file", "from %s") % filename
    blank = Task(created_by=by, created_at=timezone.now())
    for start in range(0, len(planned.new), history.BATCH):
        references = _insert(planned.new[start : start + history.BATCH], blank)
        history.record_new(references, kind=ChangeKind.IMPORTED, by=by, reason=reason)
    changed = [row.task for row in planned.changed]
    Task.objects.bulk_update(changed, SAVED, batch_size=history.BATCH)
    reasons = [reason] * len(changed)
    history.record_many(changed, kind=ChangeKind.CHANGED, by=by, reasons=reasons)
    return planned


def _insert(rows: Sequence[ParsedRow], blank: Task) -> tuple[str, ...]:
    """Insert tasks like `blank`, without history; return their references."""
    encoder = TaskRowEncoder(blank)
    fields = {field.name: field for field in Task._meta.concrete_fields if not field.primary_key}
    names = [str(fields.pop(name).column) for name in IMPORTED_COLUMNS]
    columns = dict(zip(names, zip(*map(encoder.encode, rows), strict=True), strict=True))
    shared = {
        str(field.column): field.get_db_prep_save(getattr(blank, field.attname), connection)
        for field in fields.values()
    }
    compiled_queries.insert_rows(Task._meta.db_table, columns, shared)
    return columns["reference"]


class TaskRowEncoder:
    """Encodes rows as tasks for the database; each moment once, as many tasks share one."""

    def __init__(self, blank: Task) -> None:
        self.blank = blank
        self.json = connection.ops.adapt_json_value
        self.moment = cache(connection.ops.adapt_datetimefield_value)

    def encode(self, row: ParsedRow) -> tuple[Any, ...]:
        """Return the values of `IMPORTED_COLUMNS`; due as by `Task.arrive`, but without a task."""
        values = row.values
        queue, priority = values["queue"], values.get("priority") or self.blank.priority
        due_at = values.get("due_at") or queue.due_at(self.blank.created_at)
        return (
            values["reference"],
            values["name"],
            queue.pk,
            priority,
            self.moment(due_at),
            values.get("instructions", ""),
            values.get("link", ""),
            self.json(values.get("details", {}), None),
            self.moment(next_raise_at(priority, due_at)),
        )
