"""Writes what some rows of a file do: tasks and their history, in a few statements."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import pgettext

from qc import history
from qc.import_plan import CHANGEABLE, Plan, Told, arrive, known, plan
from qc.models import Task, User
from qc.zones import for_the_record

# What a file says of a new task; all other columns are the same in all that are made at once.
PLAIN = ("reference", "name", "queue_id", "priority", "instructions", "link")
TOLD = (*PLAIN, "due_at", "raise_at", "details")


def write(rows: Sequence[Told], filename: str, *, by: User | None) -> Plan:
    """Writes what these rows do, inside a transaction; gives it."""
    planned = plan(rows, Task.objects.select_for_update())
    with for_the_record():
        reason = pgettext("a file", "from %s") % filename
    new = [one.task for one in planned.new]
    arrive(new, timezone.now(), by.pk if by else None)
    for start in range(0, len(new), history.BATCH):
        ids = add(new[start : start + history.BATCH])
        history.record_new(ids, kind="imported", by=by, reason=reason)
    changed = [one.task for one in planned.changed]
    Task.objects.bulk_update(changed, [*CHANGEABLE, "raise_at"], batch_size=history.BATCH)
    reasons = [reason] * len(changed)
    history.record_many(changed, kind="changed", by=by, reasons=reasons)
    return planned


def add(tasks: Sequence[Task]) -> list[int]:
    """Inserts tasks of one arrival as one statement, without their history; gives their ids.

    The ORM's own bulk_create takes longer to make the statement than the database to run it.
    """
    others = [
        field
        for field in Task._meta.concrete_fields
        if not field.primary_key and field.attname not in TOLD
    ]
    alike = [
        field.get_db_prep_save(getattr(tasks[0], field.attname), connection) for field in others
    ]
    names = ", ".join((*TOLD, *(str(field.column) for field in others)))
    marks = ", ".join(["%s"] * len(TOLD) + [_mark(value) for value in alike])
    constant = [value for value in alike if _mark(value) == "%s"]
    values: list[Any] = []
    for told in map(_Teller(), tasks):
        values += (*told, *constant)
    rows = ", ".join([f"({marks})"] * len(tasks))
    sql = f"INSERT INTO {Task._meta.db_table} ({names}) VALUES {rows}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    return list(known([task.reference for task in tasks]).values())


def _mark(value: Any) -> str:
    return {None: "NULL", "": "''"}.get(value, "%s")


class _Teller:
    """Gives what a file says of a task as the database takes it; many are due at one moment."""

    def __init__(self) -> None:
        self.plain = attrgetter(*PLAIN)
        self.details = Task._meta.get_field("details")
        self.moments: dict[datetime | None, Any] = {None: None}

    def __call__(self, task: Task) -> tuple[Any, ...]:
        details = self.details.get_db_prep_save(task.details, connection)
        return (*self.plain(task), self._moment(task.due_at), self._moment(task.raise_at), details)

    def _moment(self, moment: datetime | None) -> Any:
        if moment not in self.moments:
            self.moments[moment] = connection.ops.adapt_datetimefield_value(moment)
        return self.moments[moment]
