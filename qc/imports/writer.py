"""Writes what some rows of a file do: tasks and their history, in a few statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
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


def add(rows: Sequence[Told], blank: Task) -> list[str]:
    """Insert tasks like `blank` as one statement, without their history; return their references.

    To make an object of each, and the ORM's own bulk_create, take longer than the database.
    """
    others = [
        field
        for field in Task._meta.concrete_fields
        if not field.primary_key and field.attname not in TOLD
    ]
    alike = [field.get_db_prep_save(getattr(blank, field.attname), connection) for field in others]
    names = ", ".join((*TOLD, *(str(field.column) for field in others)))
    marks = ", ".join(["%s"] * len(TOLD) + [_mark(value) for value in alike])
    constant = [value for value in alike if _mark(value) == "%s"]
    values: list[Any] = []
    for told in map(_Teller(blank), rows):
        values += (*told, *constant)
    marked = ", ".join([f"({marks})"] * len(rows))
    sql = f"INSERT INTO {Task._meta.db_table} ({names}) VALUES {marked}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    return values[:: len(TOLD) + len(constant)]


def _mark(value: Any) -> str:
    return {None: "NULL", "": "''"}.get(value, "%s")


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
