"""Edits of tasks that are still to be done, by a manager and with a reason: queue, priority, due.

Each leaves one row of history; a value that the task already has changes nothing. An assigned task
stays with its holder. They raise NotAllowed, NotFound, InvalidInput and InvalidTransition.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.exceptions import InvalidInput
from qc.core.transactions import retrying
from qc.models import ChangeKind, Priority, Queue, Status, Task, User
from qc.models.due_times import check_due
from qc.work import guards, line
from qc.work.matching import offer

# What an edit of priority or due time sets: the sweep's raises end with it.
PLANNED = ("priority", "raised", "due_at", "raise_at")


def move(task_id: int, queue_id: int, *, by: User, reason: str) -> Task:
    """Move a task to another queue, whose people are offered it if it waits."""
    task = _move(task_id, queue_id, by=by, reason=reason)
    if task.status == Status.PENDING:
        offer([task.queue_id])
    return task


@retrying
def set_priority(task_id: int, priority: int, *, by: User, reason: str) -> Task:
    """Set the priority of a task; it counts as the original one from now on."""
    task = guards.locked_for("edit", task_id, by, reason)
    if priority not in Priority.values:
        raise InvalidInput("priority", _("Priority must be 1, 2, 3 or 4."))
    if (task.priority, task.raised) != (priority, 0):
        task.priority = priority
        replan(task, ["priority"])
        history.save(task, kind=ChangeKind.PRIORITY_SET, by=by, reason=reason, fields=PLANNED)
    return task


@retrying
def set_due(task_id: int, due_at: datetime, *, by: User, reason: str) -> Task:
    """Set when a task is due."""
    task = guards.locked_for("edit", task_id, by, reason)
    check_due_at(due_at)
    if task.due_at != due_at:
        task.due_at = due_at
        replan(task, ["due_at"])
        history.save(task, kind=ChangeKind.DUE_SET, by=by, reason=reason, fields=PLANNED)
    return task


@retrying
def change(task_id: int, values: Mapping[str, Any], *, by: User, reason: str) -> Task:
    """Set some columns of a task at once, among them its `queue`, priority and due time.

    Values that it already has change nothing. The caller has checked them, each by itself.
    """
    permissions.check_manager(by)
    if "queue" in values:
        open_queue(values["queue"].pk)
    task = guards.locked_for("edit", task_id, by, reason)
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    if changed:
        for name in changed:
            setattr(task, name, values[name])
        _follow(task, changed)
        fields = {*changed, *PLANNED, *line.COLUMNS}
        history.save(task, kind="", by=by, reason=reason, fields=fields)
    return task


def _follow(task: Task, changed: Collection[str]) -> None:
    """Set what follows from changed columns."""
    if "queue" in changed:
        task.next_for = task.next_at = None
    if {"priority", "due_at"} & set(changed):
        replan(task, changed)


def replan(task: Task, changed: Collection[str]) -> None:
    """Take account of a new priority or due time, without saving it.

    A priority that somebody set is an original one. A task that is no longer late gets back the
    priority that it had before it was raised.
    """
    if "priority" in changed:
        task.raised = 0
    elif task.due_at > timezone.now():
        task.priority, task.raised = task.priority + task.raised, 0
    task.plan_raise()


def open_queue(queue_id: int) -> Queue:
    """Lock a queue that takes tasks; only inside a transaction. Raises InvalidInput."""
    queue = Queue.objects.select_for_update().filter(pk=queue_id).first()
    if queue is None or queue.is_closed:
        names = named(Queue.objects.open())
        raise InvalidInput("queue", _("There is no such queue. Choose one of: %s.") % names)
    return queue


def named(queues: Iterable[Queue]) -> str:
    """Return the names of queues in a sentence."""
    return ", ".join(sorted(queue.name for queue in queues))


def check_due_at(due_at: datetime) -> None:
    """Raise InvalidInput unless a task may be due at this moment."""
    try:
        check_due(due_at)
    except ValidationError as error:
        raise InvalidInput("due_at", " ".join(error.messages)) from error


@retrying
def _move(task_id: int, queue_id: int, *, by: User, reason: str) -> Task:
    # Before the task, as a queue is closed: so nothing moves to one that is being closed.
    permissions.check_manager(by)
    queue = open_queue(queue_id)
    task = guards.locked_for("edit", task_id, by, reason)
    if task.queue_id != queue_id:
        task.queue, task.next_for, task.next_at = queue, None, None
        columns = ["queue", *line.COLUMNS]
        history.save(task, kind=ChangeKind.MOVED, by=by, reason=reason, fields=columns)
    return task
