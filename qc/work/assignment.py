"""Assigns tasks to one person: choose, then lock and assign.

The person is locked first, then the task. The most urgent task is found by one seek in each of
the person's queues, so the cost does not depend on the length of the backlog.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import F, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import permissions
from qc.core import wording
from qc.core.compiled_queries import Joined, Prepared
from qc.core.exceptions import InvalidTransition, NotEligible
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import NOT_RESPONDING, ChangeKind, Priority, Queue, Status, Task, User
from qc.work import backlog, guards, lifecycle, line, presence
from qc.work.backlog import Lock, LockedTask
from qc.work.lifecycle import Assignment

USED_SLOTS = Prepared(
    lambda person: Task.objects.held().filter(assignee=person).order_by().values_list("slot")
)
SERVING = Prepared(lambda person: backlog.running_queues_of(person).values_list("pk"))
# What a hand-out reads of a person first: their queues, and with each the slots that they use
# and the tasks that are in their line.
ROOM = Prepared(
    lambda person: (
        backlog.running_queues_of(person)
        .only(*guards.OF_QUEUE)
        .annotate(used=Subquery(_slots_of(person)), line=Subquery(_line_of(person)))
    )
)


@retrying
def hand_out(person_id: int, *, is_shown: bool = False, is_written: bool = False) -> list[Task]:
    """Lock a person and do `hand_out_to`, if they take work; return the tasks."""
    person = guards.locked_person(person_id)
    if person is None or not person.takes_work:
        return []
    return hand_out_to(person, is_shown=is_shown, is_written=is_written)


@for_the_record()
def hand_out_to(person: User, *, is_shown: bool = False, is_written: bool = False) -> list[Task]:
    """Give a locked person the most urgent tasks they may do, up to their capacity; return these.

    With `is_shown` the person is about to see them: a single one that is all they have is started,
    unless its queue demands a scan. With `is_written` the caller's transaction has written the
    person's row. The number of statements does not depend on the number of slots.
    """
    queues, used, in_line = _room(person)
    slots = free_slots(person.capacity, used)
    lined = line.lock(person, queues, in_line, len(slots)) if in_line and slots else []
    tasks = lined + _lock_most_urgent(person, list(queues), len(slots) - len(lined))
    for task in tasks:
        task.queue = queues[task.queue_id]
    is_begun = is_shown and not used and len(tasks) == 1 and not tasks[0].queue.scan_to_start
    found = _assignments(person, tasks, slots, len(queues))
    lifecycle.assign_many(found, are_begun=is_begun, are_written=is_written)
    return tasks


@retrying
def claim(task_id: int, *, by: User) -> Task:
    """Give a waiting task to the person who claims it; nothing changes when they have it already.

    Raises InvalidTransition when somebody else has it (the message names them), NotEligible when
    the person is not free or does not serve its queue, NotFound.
    """
    person = User.objects.locked(by.pk).get()
    task = guards.lock_task(task_id)
    if task.status == Status.ASSIGNED and task.assignee_id == person.pk:
        return task
    check_claimable(task, person)
    return _claimed(task, person, _a_free_slot(person))


@retrying
def claim_in_exchange(task_id: int, *, by: User) -> tuple[Task, list[Task]]:
    """Claim a task, and give another one without notes back where there is no free slot for it.

    Return it, and what went back. Raises what `claim` raises.
    """
    person = User.objects.locked(by.pk).get()
    task = guards.lock_task(task_id)
    check_claimable(task, person)
    with for_the_record():
        reason = _("%s was scanned instead") % task.reference
    slot, returned = make_room(person, reason=reason)
    return _claimed(task, person, slot), [returned] if returned else []


def check_claimable(task: Task, person: User) -> None:
    """Raise InvalidTransition unless it waits, NotEligible unless it is in a queue of theirs."""
    _check_waiting(task)
    queue = Queue.objects.served_by(person).filter(pk=task.queue_id).first()
    if queue is None:
        names = {"task": task.reference, "queue": task.queue}
        raise NotEligible(_("%(task)s is in %(queue)s, which is not one of your queues.") % names)
    if queue.is_paused or queue.is_closed:
        raise NotEligible(_("%(queue)s is paused.") % {"queue": queue})


@retrying
def assign(task_id: int, person_id: int, *, by: User, reason: str) -> Task:
    """Give a task that waits, or that somebody else holds, to a free person; for a manager.

    The person need not be on its queue, and may be the one who released it. Nothing changes
    when they hold it already. Raises NotAllowed, InvalidInput, InvalidTransition, NotEligible
    when the person is not free, NotFound.
    """
    holder = Task.objects.filter(pk=task_id).values_list("assignee", flat=True).first()
    people = {one.pk: one for one in User.objects.locked(person_id, holder or person_id)}
    task = guards.lock(task_id)
    permissions.check(by, "assign", task)
    guards.require_reason(reason)
    if person_id not in people:
        raise presence.not_found(person_id)
    if task.status == Status.ASSIGNED and task.assignee_id == person_id:
        return task
    slot = _a_free_slot(people[person_id])
    if task.status == Status.ASSIGNED:
        lifecycle.take_back(task, by=by, reason=reason)
    found = Assignment(task, people[person_id], slot, reason)
    return lifecycle.assign(found, by=by, kind=ChangeKind.ASSIGNED)


@retrying
def give_next(task_id: int, person_id: int, *, by: User, reason: str = "") -> Task:
    """Put a waiting task at the head of a person's line, for a manager.

    Who is free meanwhile gets it at once. Raises NotAllowed, NotFound, InvalidTransition when it
    does not wait, NotEligible when they are away, do not serve its queue or have enough in line.
    """
    person = guards.locked_person(person_id)
    if person is None:
        raise presence.not_found(person_id)
    task = guards.lock_task(task_id)
    guards.guard(task, "next", by)
    _check_line(person, task)
    slots = free_slots(person.capacity, _used_slots(person)) if person.takes_work else []
    if slots:
        found = Assignment(task, person, slots[0], reason or _put_next())
        return lifecycle.assign(found, by=by, kind=ChangeKind.ASSIGNED)
    return line.put(task, person, by=by, reason=reason)


def make_room(person: User, *, reason: str, with_notes: bool = False) -> tuple[int, Task | None]:
    """Return a free slot of a locked person, and the task that went back for it, if any did.

    It is one that is not started, else the one assigned last. One that has notes or answers goes
    back only `with_notes`, and has them for whoever gets it. Raises NotEligible when there is none.
    """
    _check_takes_work(person)
    if slots := free_slots(person.capacity, _used_slots(person)):
        return slots[0], None
    held = Task.objects.select_for_update().held_by(person)
    held = held if with_notes else held.filter(draft="", draft_findings__isnull=True)
    order = (F("started_at").asc(nulls_first=True), "-assigned_at")
    task = held.order_by(*order).first()
    if task is None or task.slot is None:
        raise _no_slot(person, to_them=True)
    slot = task.slot
    lifecycle.take_back(task, by=person, reason=reason)
    return slot, task


def claimable_by(person: User, limit: int) -> list[Task]:
    """Return the most urgent waiting tasks that this person may claim, at most `limit`."""
    queues = [queue for (queue,) in SERVING.rows(person.pk)]
    return backlog.heads(dict.fromkeys(queues, limit), limit)


def reasons() -> Callable[[Task | LockedTask, datetime | None, int], str]:
    """Return a function that says why tasks go to people; its texts are looked up once.

    It takes a task, since when its person is free, and how many queues they serve.
    """
    clock, sentence = wording.by_minutes(), cache(_most_urgent_of)

    def why(task: Task | LockedTask, idle_since: datetime | None, queues: int) -> str:
        return sentence(queues) % {
            "priority": Priority(task.priority).name,
            "due": clock(task.due_at),
            "queues": queues,
            "idle": clock(idle_since),
        }

    return why


def free_slots(capacity: int, used: Iterable[int]) -> list[int]:
    """Return the slots in which a person of this capacity can take a task, lowest first."""
    taken = set(used)
    free = [slot for slot in range(1, capacity + 1) if slot not in taken]
    return free[: max(capacity - len(taken), 0)]


def _lock_most_urgent(person: User, queues: list[int], n: int) -> list[Task]:
    # First skip what others have locked; if too few are left, wait for these locks: a task whose
    # lock is released unused must not leave somebody idle until the next sweep.
    tasks = _lock_heads(person, queues, n, "skip locked") if n else []
    return tasks if len(tasks) == n else _lock_heads(person, queues, n, "wait")


def _lock_heads(person: User, queues: list[int], n: int, lock: Lock) -> list[Task]:
    """Lock the most urgent tasks that this person has not given back.

    The first seek does not ask who gave what back: hardly ever is it one of theirs.
    """
    most = dict.fromkeys(queues, n)
    tasks = backlog.heads_for(person.pk, most, n, lock=lock)
    if not backlog.given_back(tasks, [person.pk]):
        return tasks
    return backlog.heads_for(person.pk, most, n, lock=lock, not_given_back=True)


def _claimed(task: Task, person: User, slot: int) -> Task:
    with for_the_record():
        reason = _("claimed")
    found = Assignment(task, person, slot, reason)
    return lifecycle.assign(found, by=person, kind=ChangeKind.CLAIMED)


def _used_slots(person: User) -> list[int]:
    return [slot for (slot,) in USED_SLOTS.rows(person.pk)]


def _room(person: User) -> tuple[dict[int, Queue], list[int], list[int]]:
    """Return a person's running queues by id, their slots in use, and the tasks in their line.

    Who serves no queue has no use for slots: then these are not known.
    """
    queues = {queue.pk: queue for queue in ROOM.items(person.pk)}
    first = next(iter(queues.values()), None)
    return queues, _numbers(first and first.used), _numbers(first and first.line)


def _numbers(joined: str | None) -> list[int]:
    return [int(number) for number in (joined or "").split(",") if number]


def _line_of(person: int) -> QuerySet[Any, Any]:
    lined: Any = Task.objects.filter(next_for=person).order_by().values("next_for")
    return lined.annotate(all=Joined("pk")).values("all")


def _slots_of(person: int) -> QuerySet[Any, Any]:
    held: Any = Task.objects.held().filter(assignee=person).order_by().values("assignee")
    return held.annotate(all=Joined("slot")).values("all")


def _assignments(
    person: User, tasks: Iterable[Task], slots: Iterable[int], queues: int
) -> list[Assignment]:
    why, since = reasons(), person.idle_since
    # There may be fewer tasks than slots.
    return [
        Assignment(
            task, person, slot, _put_next() if task.next_for_id else why(task, since, queues)
        )
        for task, slot in zip(tasks, slots, strict=False)
    ]


def _most_urgent_of(queues: int) -> str:
    return ngettext(
        "%(priority)s, due %(due)s, most urgent of their one queue; free since %(idle)s",
        "%(priority)s, due %(due)s, most urgent of their %(queues)d queues; free since %(idle)s",
        queues,
    )


@for_the_record()
def _put_next() -> str:
    return _("put next by a manager")


def _check_line(person: User, task: Task) -> None:
    """Raise NotEligible unless this task can wait in this person's line."""
    if not person.is_logged_in or person.break_reason == NOT_RESPONDING:
        _check_takes_work(person)
    if not Queue.objects.served_by(person).filter(pk=task.queue_id).exists():
        names = {"person": person, "queue": task.queue}
        raise NotEligible(_("%(person)s gets no tasks from %(queue)s.") % names)
    if person.line.exclude(pk=task.pk).count() >= line.MOST:
        values = {"person": person, "n": line.MOST}
        raise NotEligible(_("%(person)s has %(n)d tasks in line already.") % values)


def _check_takes_work(person: User) -> None:
    if not person.is_logged_in:
        raise NotEligible(_("%s is not signed in.") % person)
    if person.break_reason:
        why_away = wording.reason(person.break_reason)
        raise NotEligible(
            _("%(person)s is on break: %(why)s.") % {"person": person, "why": why_away}
        )


def _a_free_slot(person: User) -> int:
    _check_takes_work(person)
    slots = free_slots(person.capacity, _used_slots(person))
    if not slots:
        raise _no_slot(person)
    return slots[0]


def _no_slot(person: User, *, to_them: bool = False) -> NotEligible:
    """Return the refusal of one task more; with `to_them` it says which they have."""
    held = list(Task.objects.held_by(person))
    if to_them:
        names = ", ".join(task.reference for task in held)
        return NotEligible(_("You have %s. Complete it or give it back first.") % names)
    return NotEligible(
        _("%(person)s has %(held)d of %(most)d tasks.")
        % {"person": person, "held": len(held), "most": person.capacity}
    )


def _check_waiting(task: Task) -> None:
    if task.status == Status.ASSIGNED:
        raise InvalidTransition(
            _("%(person)s already has %(task)s.")
            % {"person": task.assignee, "task": task.reference}
        )
    if task.status != Status.PENDING:
        raise InvalidTransition(
            _("%(task)s is %(status)s.")
            % {"task": task.reference, "status": task.get_status_display()}
        )
