"""Writes what some rows of a file do: tasks and their history, in a few statements."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
from qc.core.localization import for_the_record
from qc.imports.columns import COLUMNS
from qc.imports.planner import SAVED, ParsedRow, Plan, plan
from qc.models import ChangeKind, Task, User, raised_at

# Each new task has its own of these; all other columns are the same in all made at once.
IMPORTED_COLUMNS = (*COLUMNS, "details", "raise_at")


def write(rows: Sequence[ParsedRow], filename: str, *, by: User | None) -> Plan:
    """Make and change the tasks of these rows, in the transaction around it; return the plan."""
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


def _insert(rows: Sequence[ParsedRow], blank: Task) -> list[str]:
    """Insert tasks like `blank` as one statement, without their history; return their references.

    To make an object of each, and the ORM's own bulk_create, take longer than the database.
    """
    fields = {field.name: field for field in Task._meta.concrete_fields if not field.primary_key}
    imported = [fields.pop(name) for name in IMPORTED_COLUMNS]
    others = fields.values()
    shared = [field.get_db_prep_save(getattr(blank, field.attname), connection) for field in others]
    names = ", ".join(str(field.column) for field in (*imported, *others))
    marks = ", ".join(["%s"] * len(IMPORTED_COLUMNS) + [_mark(value) for value in shared])
    marked = [value for value in shared if _mark(value) == "%s"]
    values: list[Any] = []
    encoder = TaskRowEncoder(blank)
    for row in rows:
        values += (*encoder.encode(row), *marked)
    sql = (
        f"INSERT INTO {Task._meta.db_table} ({names})"  # noqa: S608
        f" VALUES {', '.join([f'({marks})'] * len(rows))}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    return values[:: len(IMPORTED_COLUMNS) + len(marked)]


def _mark(value: Any) -> str:
    return {None: "NULL", "": "''"}.get(value, "%s")


class TaskRowEncoder:
    """Encodes rows as tasks for the database; moments once each, as many tasks share one."""

    def __init__(self, blank: Task) -> None:
        self.blank = blank
        self.json = connection.ops.adapt_json_value
        self.moment = cache(connection.ops.adapt_datetimefield_value)

    def encode(self, row: ParsedRow) -> tuple[Any, ...]:
        """Return the values of `IMPORTED_COLUMNS`."""
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
            self.moment(raised_at(priority, due_at)),
        )
