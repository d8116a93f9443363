"""A task, as all calls of /api/v1/ answer it."""

from typing import Any

from django.db.models import QuerySet

from qc.api.v1.shapes.moments import moment
from qc.models import Task

FIELDS = (
    "id",
    "reference",
    "name",
    "queue",
    "queue_id",
    "priority",
    "raised",
    "due_at",
    "instructions",
    "link",
    "details",
    "lot_size",
    "status",
    "assignee",
    "assignee_id",
    "assigned_at",
    "started_at",
    "completed_at",
    "outcome",
    "notes",
    "inspected",
    "rejected",
    "purpose",
    "origin_id",
    "next_for_id",
    "created_at",
    "created_by",
)
MOMENTS = ("due_at", "assigned_at", "started_at", "completed_at", "created_at")
NAMES = {"queue": "name", "assignee": "username", "created_by": "username"}


def readable(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return the tasks with what their shape has, and without what it has not."""
    related = tasks.select_related(*NAMES)
    columns = [name for name in FIELDS if name not in NAMES]
    return related.only(*columns, *(f"{name}__{column}" for name, column in NAMES.items()))


def of_task(task: Task) -> dict[str, Any]:
    """Return a task. All of it is there, whatever its status: null or "" where it has none yet."""
    values = {name: getattr(task, name) for name in FIELDS}
    for name in MOMENTS:
        values[name] = moment(values[name])
    for name, column in NAMES.items():
        values[name] = values[name] and getattr(values[name], column)
    return values
