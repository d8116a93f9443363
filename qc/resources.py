"""Export of tasks as a table that can be imported again."""

from datetime import datetime
from typing import Any

import tablib
from django.utils import timezone
from import_export import resources

from qc.cells import escaped
from qc.columns import COLUMNS, STATE, heading
from qc.models import Priority, Task
from qc.rows import text_of


class TaskResource(resources.ModelResource):
    """Tasks as a table: our columns, then those of `details`, then their state."""

    class Meta:
        model = Task
        fields = COLUMNS

    def export(self, queryset: Any = None, **_kwargs: Any) -> tablib.Dataset:
        """Gives the table; cells that a spreadsheet would run are made text by a leading '."""
        tasks = Task.objects.all() if queryset is None else queryset
        tasks = list(tasks.select_related("queue", "assignee"))
        extra = list(dict.fromkeys(name for task in tasks for name in task.details))
        headings = [*COLUMNS, *(escaped(heading(name)) for name in extra), *STATE]
        table = tablib.Dataset(headers=headings)
        for task in tasks:
            details = [text_of(task.details.get(name)) for name in extra]
            table.append([escaped(cell) for cell in (*_ours(task), *details, *_state(task))])
        return table


def _ours(task: Task) -> tuple[str, ...]:
    queue, priority, due = task.queue.name, Priority(task.priority).name, _moment(task.due_at)
    return task.reference, task.name, queue, priority, due, task.instructions, task.link


def _state(task: Task) -> tuple[str, ...]:
    person = task.assignee.username if task.assignee else ""
    moments = (_moment(task.assigned_at), _moment(task.completed_at))
    return task.status, person, *moments, task.outcome, task.notes


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(" ") if moment else ""
