"""Plans what rows of a file do, by comparing them with the existing tasks.

A new reference creates a task; a task that nobody has begun is changed where the file differs; one
that is assigned, completed or cancelled is left alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from qc.imports.validation import same
from qc.models import Queue, Task
from qc.work import edits

# The due date comes first: only an overdue task has a raised priority to protect.
CHANGEABLE = ("name", "queue", "due_at", "priority", "instructions", "link", "lot_size", "details")
# The columns saved for a changed task.
SAVED = (*CHANGEABLE, "raised", "raise_at")


class ParsedRow(NamedTuple):
    """A good row of a file: its number, and the columns of its task."""

    number: int
    values: dict[str, Any]


class PlannedRow(NamedTuple):
    """A row of an existing task: the task as it is to be saved, and its changes (old, new)."""

    number: int
    task: Task
    changes: dict[str, tuple[Any, Any]]


class Plan(NamedTuple):
    """What some rows of a file would do."""

    new: list[ParsedRow]
    changed: list[PlannedRow]
    unchanged: list[PlannedRow]
    left_alone: list[PlannedRow]


def plan(rows: Sequence[ParsedRow], tasks: QuerySet[Task]) -> Plan:
    """Compare the rows with the existing tasks, which `tasks` reads (and may lock)."""
    found = Plan([], [], [], [])
    existing = _existing([row.values["reference"] for row in rows], tasks)
    for row in rows:
        task = existing.get(row.values["reference"])
        if task is None:
            found.new.append(row)
        elif task.status not in Task.UNHELD:
            found.left_alone.append(PlannedRow(row.number, task, {}))
        elif changes := _change(task, row.values):
            found.changed.append(PlannedRow(row.number, task, changes))
        else:
            found.unchanged.append(PlannedRow(row.number, task, {}))
    return found


def _existing(references: Sequence[str], tasks: QuerySet[Task]) -> dict[str, Task]:
    ids = _ids_of(references)
    if not ids:
        return {}
    found = {task.reference: task for task in tasks.filter(pk__in=ids).order_by("pk")}
    queues = Queue.objects.in_bulk({task.queue_id for task in found.values()})
    for task in found.values():
        task.queue = queues[task.queue_id]
    return found


def _ids_of(references: Sequence[str]) -> list[int]:
    """Return the ids of the tasks with these references, which are spelled as they are stored.

    The ORM would spell each of them anew, twice.
    """
    if not references:
        return []
    marks = ", ".join(["%s"] * len(references))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM qc_task WHERE reference IN ({marks})", references)  # noqa: S608
        return [pk for (pk,) in cursor.fetchall()]


def _change(task: Task, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Change a task as its row says, without saving it; return what has changed."""
    changes = {}
    for name in CHANGEABLE:
        old, new = getattr(task, name), values.get(name)
        if new is None or same(old, new) or _undoes_a_raise(task, name, new):
            continue
        changes[name] = (old, new)
        setattr(task, name, new)
    if changes.keys() & {"due_at", "priority"}:
        raised_to = task.priority
        edits.replan(task, changes)
        if task.priority != raised_to:
            changes["priority"] = (raised_to, task.priority)
    return changes


def _undoes_a_raise(task: Task, name: str, value: Any) -> bool:
    # Importing the same file again must not lower a priority that the sweep has raised.
    return name == "priority" and task.is_late and value > task.priority
