"""What a dialog is about, in words: the person, the task and the queue that a change concerns."""

from functools import singledispatch
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from qc.models import Queue, Status, Task, User


class Subject(NamedTuple):
    """The name of what is changed, and what must be known about it."""

    name: str
    facts: list[str]


@singledispatch
def subject_of(item: Any) -> Subject:
    """Return what a dialog says of an object."""
    return Subject(str(item), [])


@subject_of.register
def _of_task(task: Task) -> Subject:
    return Subject(str(task), [str(task.queue), *_whose(task)])


@subject_of.register
def _of_person(person: User) -> Subject:
    name = f"{person.get_full_name()} ({person})" if person.get_full_name() else str(person)
    tasks = Task.objects.held_by(person).select_related("queue")
    return Subject(name, [_in_queue(task) for task in tasks])


@subject_of.register
def _of_queue(queue: Queue) -> Subject:
    return Subject(queue.name, [])


def _in_queue(task: Task) -> str:
    return _("has %(task)s (%(queue)s)") % {"task": task, "queue": task.queue}


def _whose(task: Task) -> list[str]:
    if task.next_for is not None:
        return [_("next for %(person)s") % {"person": task.next_for}]
    if task.assignee is None or task.status != Status.ASSIGNED:
        return []
    return [_("assigned to %(person)s") % {"person": task.assignee}]
