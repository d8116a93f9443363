"""What people do: one change, and the hand-out that it calls for.

Pages, API, import and sweep call these, so that work moves at once whichever way a change came.
Each raises what the change itself raises; the hand-out that follows raises nothing of its own.
"""

from collections.abc import Collection

from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.exceptions import NotFound
from qc.core.transactions import retrying
from qc.models import ChangeKind, Outcome, Queue, Task, User
from qc.work import assignment, lifecycle, presence
from qc.work.matching import match

# After these nobody is free who was not before, and nothing waits that did not.
take_break = presence.take_break
claim = assignment.claim
start = lifecycle.start
save_draft = lifecycle.save_draft
cancel = lifecycle.cancel


def sign_in(person_id: int) -> User:
    """Sign a person in, and hand them work."""
    person = presence.sign_in(person_id)
    assignment.hand_out(person_id)
    return person


def sign_out(person_id: int, *, by: User | None, reason: str) -> list[Task]:
    """Sign a person out and hand their tasks to others; return these tasks."""
    returned = presence.sign_out(person_id, by=by, reason=reason)
    _offer(returned)
    return returned


def come_back(person_id: int, *, by: User) -> User:
    """End a person's break, and hand them work."""
    person = presence.come_back(person_id, by=by)
    assignment.hand_out(person_id)
    return person


def assign(task_id: int, person_id: int, *, by: User, reason: str) -> Task:
    """Give a task to a person, for a manager; who had it gets another."""
    former = _holder(task_id)
    task = assignment.assign(task_id, person_id, by=by, reason=reason)
    if former != person_id:
        _freed(former)
    return task


def complete(
    task_id: int, *, by: User, outcome: str = Outcome.PASSED, notes: str | None = None
) -> tuple[Task, Task | None]:
    """Complete a task for its holder; return it, and the task that is now in front of them."""
    task = lifecycle.complete(task_id, by=by, outcome=outcome, notes=notes)
    _freed(by.pk)
    return task, Task.objects.held_by(by).select_related("queue").first()


def release(task_id: int, *, by: User, reason: str) -> Task:
    """Return a task to its queue; somebody else gets it, and who had it another."""
    former = _holder(task_id)
    task = lifecycle.release(task_id, by=by, reason=reason)
    _freed(former)
    _offer([task])
    return task


def hold(task_id: int, *, by: User, reason: str) -> Task:
    """Put a task on hold; who had it gets another."""
    former = _holder(task_id)
    task = lifecycle.hold(task_id, by=by, reason=reason)
    _freed(former)
    return task


def resume(task_id: int, *, by: User, reason: str = "") -> Task:
    """Let a task on hold wait again; somebody free gets it."""
    task = lifecycle.resume(task_id, by=by, reason=reason)
    _offer([task])
    return task


def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """Let a completed or cancelled task wait again; somebody free gets it."""
    task = lifecycle.reopen(task_id, by=by, reason=reason)
    _offer([task])
    return task


def pause(queue_id: int, *, by: User, reason: str) -> Queue:
    """Hand out no more tasks from this queue; those in work stay where they are."""
    return _set_paused(queue_id, True, by=by, reason=reason)


def unpause(queue_id: int, *, by: User, reason: str = "") -> Queue:
    """Hand out tasks from this queue again, at once."""
    queue = _set_paused(queue_id, False, by=by, reason=reason)
    hand_out_from([queue.pk])
    return queue


def hand_out_from(queues: Collection[int]) -> int:
    """Hand out what waits in these queues, where tasks or people are new; return how much."""
    return match(queues) if queues else 0


def hand_out_to(person_id: int) -> None:
    """Hand out what waits to a person who may take more: capacity, queues or role are new."""
    assignment.hand_out(person_id)


@retrying
def _set_paused(queue_id: int, paused: bool, *, by: User, reason: str) -> Queue:
    permissions.check_manager(by)
    queue = Queue.objects.select_for_update().filter(pk=queue_id).first()
    if queue is None:
        raise NotFound(_("There is no queue %(id)s.") % {"id": queue_id})
    if paused:
        lifecycle.require_reason(reason)
    if queue.is_paused != paused:
        queue.is_paused = paused
        kind = ChangeKind.PAUSED if paused else ChangeKind.UNPAUSED
        history.save(queue, kind=kind, by=by, reason=reason, fields=["is_paused"])
    return queue


def _holder(task_id: int) -> int | None:
    return Task.objects.filter(pk=task_id).values_list("assignee", flat=True).first()


@retrying
def _freed(person_id: int | None) -> None:
    if person_id is not None:
        presence.became_free(person_id)
        assignment.hand_out(person_id)


def _offer(tasks: Collection[Task]) -> None:
    hand_out_from({task.queue_id for task in tasks})
