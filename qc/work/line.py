"""Each person's line: the tasks that a manager has put next for them, the last one first.

Such a task still waits in its queue, but nobody else is handed it: its person gets it before all
others when they finish (`qc.work.assignment`). It is back in the order of its queue when it is
taken out, when its person signs out or is taken off its queue, and when it moves to another one.
Whatever else becomes of a task ends it too (`qc.work.lifecycle`).
"""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import ChangeKind, Queue, Status, Task, User
from qc.models.people import is_on_queue, is_qc_staff
from qc.work import faults, guards

# The most tasks in somebody's line.
MOST = 5
COLUMNS = ("next_for", "next_at")


def put(task: Task, person: User, *, by: User, reason: str) -> Task:
    """Put a waiting task at the head of a person's line; the caller has locked both."""
    # Beside a sign-out on another node, one of both must see the other.
    guards.write_people([person.pk])
    task.next_for, task.next_at = person, timezone.now()
    kind = ChangeKind.PUT_NEXT
    history.save(task, kind=kind, by=by, reason=reason, fields=COLUMNS, person=person.pk)
    return task


def of(person: User) -> list[Task]:
    """Return what is in a person's line, the next one first."""
    return list(Task.objects.filter(next_for=person).order_by("-next_at", "-pk"))


@retrying
def take_out(task_id: int, *, by: User, reason: str = "") -> Task:
    """Take a task out of the line that it is in, by a manager; it waits in its queue as others."""
    task = guards.lock_task(task_id)
    guards.guard(task, "next", by)
    if task.next_for_id is not None:
        _end([task], by=by, reason=reason)
    return task


def end(
    people: Collection[int],
    *,
    by: User | None,
    reason: str,
    queues: Collection[int] | None = None,
) -> list[Task]:
    """End the lines of locked people, or what is in them of some queues; return these tasks."""
    lined = Task.objects.filter(next_for__in=people)
    some = lined if queues is None else lined.filter(queue__in=queues)
    # Nobody puts anything in the line of a locked person. Mostly it is empty: then nothing is
    # locked, and nobody else's task waited for.
    ids = list(some.values_list("pk", flat=True))
    tasks = list(Task.objects.select_for_update().filter(pk__in=ids).order_by("pk")) if ids else []
    _end(tasks, by=by, reason=reason)
    return tasks


def lock(person: User, queues: Collection[int], ids: Collection[int], n: int) -> list[Task]:
    """Lock the first n of these tasks that are still in this person's line, in these queues."""
    mine = Task.objects.select_for_update().filter(next_for=person, status=Status.PENDING)
    return list(mine.filter(pk__in=ids, queue__in=queues).order_by("-next_at", "-pk")[:n])


def stray() -> list[Task]:
    """Return the tasks in the line of somebody who is away, or does not serve their queue."""
    person, lined = OuterRef("next_for"), Task.objects.filter(next_for__isnull=False)
    there = User.objects.signed_in().filter(pk=person)
    open_to_all = Queue.objects.filter(pk=OuterRef("queue"), open_to_all=True)
    serves = is_on_queue(person, queue=OuterRef("queue")) | Exists(open_to_all) & is_qc_staff(
        person
    )
    strays = lined.filter(~Exists(there) | ~Q(serves) | ~Q(status=Status.PENDING))
    return list(strays.select_related("next_for", "queue").order_by("pk"))


def end_strays() -> int:
    """Take out of their lines what is left there, such as after an import; return how many."""
    return faults.each(_end_stray, [task.pk for task in stray()], faults.named(Task))


@retrying
@for_the_record()
def _end_stray(task_id: int) -> bool:
    task = guards.lock_task(task_id)
    is_stray = any(one.pk == task.pk for one in stray())
    if is_stray:
        _end([task], by=None, reason=_("its person is away, or not on its queue"))
    return is_stray


def _end(tasks: Collection[Task], *, by: User | None, reason: str) -> None:
    if not tasks:
        return
    former = [task.next_for_id or 0 for task in tasks]
    for task in tasks:
        task.next_for = task.next_at = None
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(next_for=None, next_at=None)
    kind, reasons = ChangeKind.TAKEN_FROM_LINE, [reason] * len(tasks)
    history.record_many(list(tasks), kind=kind, by=by, reasons=reasons, people=former)
