"""Writes what some rows of a file do: tasks and their history, in a few statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
from qc.core import compiled_queries
from qc.core.localization import for_the_record
from qc.imports.planner import CHANGEABLE, Plan, Told, plan
from qc.models import ChangeKind, Task, User, raised_at

# What a file says of a new task; all other columns are the same in all that are made at once.
TOLD = (
    "reference",
    "name",
    "queue_id",
    "priority",
    "due_at",
    "raise_at",
    "instructions",
    "link",
    "details",
)


def write(rows: Sequence[Told], filename: str, *, by: User | None) -> Plan:
    """Write what these rows do, inside a transaction; return it."""
    planned = plan(rows, Task.objects.select_for_update())
    with for_the_record():
        reason = pgettext("a file", "from %s") % filename
    blank = Task(created_by=by, created_at=timezone.now())
    for start in range(0, len(planned.new), history.BATCH):
        references = add(planned.new[start : start + history.BATCH], blank)
        history.record_new(references, kind=ChangeKind.IMPORTED, by=by, reason=reason)
    changed = [one.task for one in planned.changed]
    Task.objects.bulk_update(changed, [*CHANGEABLE, "raise_at"], batch_size=history.BATCH)
    reasons = [reason] * len(changed)
    history.record_many(changed, kind=ChangeKind.CHANGED, by=by, reasons=reasons)
    return planned


def add(rows: Sequence[Told], blank: Task) -> tuple[str, ...]:
    """Insert tasks like `blank`, as yet without history; return their references."""
    columns = dict(zip(TOLD, zip(*map(_Teller(blank), rows), strict=True), strict=True))
    shared = {
        str(field.column): field.get_db_prep_save(getattr(blank, field.attname), connection)
        for field in Task._meta.concrete_fields
        if not field.primary_key and field.column not in columns
    }
    compiled_queries.insert_rows(Task._meta.db_table, columns, shared)
    return columns["reference"]


class _Teller:
    """Gives what a row says of a task as the database takes it; many are due at one moment."""

    def __init__(self, blank: Task) -> None:
        self.blank = blank
        self.json = connection.ops.adapt_json_value
        self.moments: dict[datetime | None, Any] = {None: None}

    def __call__(self, row: Told) -> tuple[Any, ...]:
        told = row.values
        queue, priority = told["queue"], told.get("priority") or self.blank.priority
        due_at = told.get("due_at") or queue.due_at(self.blank.created_at)
        return (
            told["reference"],
            told["name"],
            queue.pk,
            priority,
            self._moment(due_at),
            self._moment(raised_at(priority, due_at)),
            told.get("instructions", ""),
            told.get("link", ""),
            self.json(told.get("details", {}), None),
        )

    def _moment(self, moment: datetime | None) -> Any:
        if moment not in self.moments:
            self.moments[moment] = connection.ops.adapt_datetimefield_value(moment)
        return self.moments[moment]
