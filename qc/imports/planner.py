"""What some rows of a file would do: compared with the tasks that are there.

A reference that is new makes a task; one that is still waiting is changed where the file says
something else; one that is in work, done or cancelled is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from qc.imports.validation import same
from qc.models import Queue, Task

# The due date before the priority: which priority counts depends on it.
CHANGEABLE = ("name", "queue", "due_at", "priority", "instructions", "link", "details")


class Told(NamedTuple):
    """What a row says: its number, and the columns of its task."""

    number: int
    values: dict[str, Any]


class Planned(NamedTuple):
    """A row of a task that is there, holding what is to be saved; what changes: (old, new)."""

    row: int
    task: Task
    columns: dict[str, tuple[Any, Any]]


@dataclass
class Plan:
    """What some rows do."""

    new: list[Told] = field(default_factory=list)
    changed: list[Planned] = field(default_factory=list)
    unchanged: list[Planned] = field(default_factory=list)
    left_alone: list[Planned] = field(default_factory=list)


def plan(rows: Sequence[Told], tasks: QuerySet[Task]) -> Plan:
    """Compare the rows with what is there, as `tasks` reads it."""
    found = Plan()
    there = _there([row.values["reference"] for row in rows], tasks)
    for row in rows:
        number, values = row
        task = there.get(values["reference"])
        if task is None:
            found.new.append(row)
        elif task.status not in Task.UNHELD:
            found.left_alone.append(Planned(number, task, {}))
        elif columns := _changes(task, values):
            found.changed.append(Planned(number, task, columns))
        else:
            found.unchanged.append(Planned(number, task, {}))
    return found


def _there(references: Sequence[str], tasks: QuerySet[Task]) -> dict[str, Task]:
    ids = _known(references)
    if not ids:
        return {}
    found = {task.reference: task for task in tasks.filter(pk__in=ids).order_by("pk")}
    queues = Queue.objects.in_bulk({task.queue_id for task in found.values()})
    for task in found.values():
        task.queue = queues[task.queue_id]
    return found


def _known(references: Sequence[str]) -> list[int]:
    """Return the ids of those tasks that are there; the ORM takes longer to ask than this."""
    if not references:
        return []
    marks = ", ".join(["%s"] * len(references))
    sql = f"SELECT id FROM {Task._meta.db_table} WHERE reference IN ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, list(references))
        return [pk for (pk,) in cursor.fetchall()]


def _changes(task: Task, told: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    changes = {}
    for name in CHANGEABLE:
        kept, value = getattr(task, name), told.get(name)
        if value is None or same(kept, value) or _undoes_a_raise(task, name, value):
            continue
        changes[name] = (kept, value)
        setattr(task, name, value)
    if changes.keys() & {"due_at", "priority"}:
        task.plan_raise()
    return changes


def _undoes_a_raise(task: Task, name: str, value: Any) -> bool:
    # The sweep raises what is past due; the same file again must not begin that anew.
    return name == "priority" and task.is_late and value > task.priority
