"""Writes what some rows of a file do: tasks and their history, in a few statements."""

import functools
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.import_plan import CHANGEABLE, Plan, Told, arrive, plan
from qc.models import Task, User


def write(rows: Sequence[Told], filename: str, *, by: User | None) -> Plan:
    """Writes what these rows do, inside a transaction; gives it."""
    planned = plan(rows, Task.objects.select_for_update())
    new = [one.task for one in planned.new]
    arrive(new, timezone.now(), by.pk if by else None)
    add(new)
    changed = [one.task for one in planned.changed]
    Task.objects.bulk_update(changed, [*CHANGEABLE, "raise_at"], batch_size=history.BATCH)
    for tasks, kind, created in ((new, "imported", True), (changed, "changed", False)):
        reasons = [_("from %s") % filename] * len(tasks)
        history.record_many(tasks, kind=kind, by=by, reasons=reasons, created=created)
    return planned


def add(tasks: Sequence[Task]) -> None:
    """Inserts tasks without their history, and puts their ids on them."""
    for start in range(0, len(tasks), history.BATCH):
        batch = tasks[start : start + history.BATCH]
        _insert(batch)
        known = dict(
            Task.objects.filter(reference__in=[task.reference for task in batch])
            .order_by()
            .values_list("reference", "pk")
        )
        for task in batch:
            task.pk, task._state.adding = known[task.reference], False


def _insert(batch: Sequence[Task]) -> None:
    # The ORM's own bulk_create takes longer to make the statement than the database to run it.
    plain, others, names = _columns()
    values: list[Any] = []
    for task in batch:
        values += plain(task)
        values += (f.get_db_prep_save(getattr(task, f.attname), connection) for f in others)
    marks = f"({', '.join(['%s'] * (len(values) // len(batch)))})"
    sql = f"INSERT INTO {Task._meta.db_table} ({names}) VALUES {', '.join([marks] * len(batch))}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@functools.cache
def _columns() -> tuple[Callable[[Task], tuple[Any, ...]], list[Any], str]:
    """Gives what reads a task's plain values, the fields that need preparation, all their names."""
    fields = [field for field in Task._meta.concrete_fields if not field.primary_key]
    plain = [field for field in fields if isinstance(field, history.AS_THEY_ARE)]
    others = [field for field in fields if field not in plain]
    names = ", ".join(str(field.column) for field in (*plain, *others))
    return attrgetter(*(field.attname for field in plain)), others, names
