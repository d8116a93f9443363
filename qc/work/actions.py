"""What people do: one change, and the hand-out that it calls for.

Pages, API, import and sweep call these, so that work moves at once whichever way a change came.
Each raises what the change itself raises; the hand-out that follows raises nothing of its own.
"""

import functools
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import connection, transaction
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.checks.check_input import CheckInput
from qc.core.exceptions import NotFound
from qc.core.transactions import LOCK_WAIT_TIMEOUT, is_lost_race, retrying
from qc.models import ChangeKind, Queue, Status, Task, User
from qc.work import (
    assignment,
    corrections,
    delivery,
    drafts,
    edits,
    faults,
    guards,
    lifecycle,
    line,
    presence,
    rework,
    scanning,
)
from qc.work.matching import offer

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# These free nobody and make no task wait, so nothing is assigned afterwards.
take_break = presence.take_break
claim = assignment.claim
open_task = lifecycle.open_task
start = lifecycle.start
scan_at_end = scanning.scan_at_end
save_draft = drafts.save
send_notes = drafts.send
deliver = delivery.deliver
held_by = delivery.held_by
cancel = lifecycle.cancel
give_next = assignment.give_next
correct = corrections.correct
make_rework = rework.make
can_undo = corrections.can_undo
done_today = corrections.done_today


class _HandOutFailed(Exception):
    """A completion went well, but not the hand-out in the same transaction."""


@dataclass
class _One:
    """Changes that are one transaction, and of what the hand-out of a completion in it failed."""

    failure: Exception | None = None


_one: ContextVar[_One | None] = ContextVar("one", default=None)


def as_one(act: Callable[[], T]) -> T:
    """Do what makes changes in one transaction, as which it is tried again; return what it returns.

    Their hand-outs follow once it is committed, and can fail it no more: in it they would hold
    others' rows locked. That of a completion, which answers with the next task, is part of it;
    where it fails, all is done again without it: the completion stands.
    """
    if connection.in_atomic_block:
        return act()
    token = _one.set(_One())
    try:
        return act()
    except _HandOutFailed as failed:
        logger.info("a completion goes without its hand-out: %s", failed.__cause__)
        return act()
    finally:
        _one.reset(token)


def _is_put_off(hand_out: Callable[..., object], *args: Any) -> bool:
    """Let a hand-out follow the transaction of `as_one`; return whether there is one."""
    if _one.get() is None or not connection.in_atomic_block:
        return False

    def follow() -> None:
        hand_out(*args)

    transaction.on_commit(follow, robust=True)
    return True


def hand_out_to(person_id: int) -> None:
    """Assign tasks to a person: one who signs in, or whose capacity, queues or role changed."""
    if _is_put_off(hand_out_to, person_id):
        return
    with _left_to_the_sweep(person_id):
        assignment.hand_out(person_id)


def _with_hand_out(
    change: Callable[Concatenate[int, P], Task],
) -> Callable[Concatenate[int, P], Task]:
    """Make a change of a task assign work: to its former holder, and the task if it waits now."""

    @functools.wraps(change)
    def run(task_id: int, /, *args: P.args, **kwargs: P.kwargs) -> Task:
        former = Task.objects.held().filter(pk=task_id).values_list("assignee", flat=True).first()
        task = change(task_id, *args, **kwargs)
        if former != task.assignee_id:
            _freed(former)
        if task.status == Status.PENDING:
            _offer([task])
        return task

    return run


assign = _with_hand_out(assignment.assign)
release = _with_hand_out(lifecycle.release)
hold = _with_hand_out(lifecycle.hold)
resume = _with_hand_out(lifecycle.resume)
reopen = _with_hand_out(rework.reopen)
edit = _with_hand_out(edits.change)


def take_from_line(task_id: int, *, by: User, reason: str = "") -> Task:
    """Take a task out of the line that it is in, and offer it to whoever is free."""
    task = line.take_out(task_id, by=by, reason=reason)
    _offer([task])
    return task


def sign_in(person_id: int) -> User:
    """Sign a person in, and assign tasks to them."""
    person = presence.sign_in(person_id)
    hand_out_to(person_id)
    return person


def sign_out(person_id: int, *, by: User | None, reason: str) -> list[Task]:
    """Sign a person out and offer their tasks to whoever is free; return these tasks."""
    returned = presence.sign_out(person_id, by=by, reason=reason)
    _offer(returned)
    return returned


def take_over(person_id: int, *, by: User, reason: str) -> list[Task]:
    """Sign out whose terminal somebody else signs in at, and offer their tasks."""
    returned = presence.take_over(person_id, by=by, reason=reason)
    _offer(returned)
    return returned


def return_tasks(
    person_id: int, *, by: User | None, reason: str, queues: Collection[int] | None = None
) -> list[Task]:
    """Return what a person holds, or holds of some queues, and offer it to whoever is free."""
    returned = presence.return_tasks(person_id, by=by, reason=reason, queues=queues)
    if returned:
        _freed(person_id)
    _offer(returned)
    return returned


def come_back(person_id: int, *, by: User) -> User:
    """End a person's break, and assign tasks to them."""
    person = presence.come_back(person_id, by=by)
    hand_out_to(person_id)
    return person


def back_at_work(person: User) -> bool:
    """Let a person whom only the sweep has sent away work again; return whether it did."""
    if person.takes_work or not (permissions.may_work(person) and presence.was_sent_away(person)):
        return False
    come_back(person.pk, by=person)
    return True


def scan(reference: str, *, by: User) -> tuple[Task, list[Task]]:
    """Start the task with this reference, claimed first if need be; offer what went back for it."""
    task, returned = scanning.scan(reference, by=by)
    _offer(returned)
    return task, returned


def undo(task_id: int, *, by: User) -> Task:
    """Undo one's own completion of a task; offer the task that went back for it."""
    task, returned = corrections.undo(task_id, by=by)
    _offer(returned)
    return task


def complete(  # noqa: PLR0913
    task_id: int,
    *,
    by: User,
    outcome: str | None = None,
    notes: str | None = None,
    check: CheckInput | None = None,
    version: int | None = None,
    plan: int | None = None,
    is_shown: bool = False,
) -> tuple[Task, Task | None]:
    """Complete a task for its holder; return it, and their most urgent task now, if any.

    `version` is that of the draft on which notes and answers were based, `plan` the id of the
    version of the check plan that was shown. A program that shows the next task at once says so,
    by `is_shown`: then it is delivered.
    """
    how = {"outcome": outcome, "notes": notes, "check": check, "version": version, "plan": plan}
    task, held = _complete(task_id, by, how, is_shown=is_shown)
    return task, next(iter(held), None)


def pause(queue_id: int, *, by: User, reason: str) -> Queue:
    """Pause a queue: nobody gets tasks from it; assigned tasks stay assigned."""
    return _set_paused(queue_id, True, by=by, reason=reason)


def unpause(queue_id: int, *, by: User, reason: str = "") -> Queue:
    """Resume a queue, and assign its tasks at once."""
    queue = _set_paused(queue_id, False, by=by, reason=reason)
    hand_out_from([queue.pk])
    return queue


def hand_out_from(queues: Collection[int]) -> int:
    """Assign the tasks that wait in these queues; return how many were assigned."""
    if not queues or _is_put_off(hand_out_from, queues):
        return 0
    return offer(queues)


@retrying
def _set_paused(queue_id: int, paused: bool, *, by: User, reason: str) -> Queue:
    permissions.check_manager(by)
    queue = Queue.objects.select_for_update().filter(pk=queue_id).first()
    if queue is None:
        raise NotFound(_("There is no queue %(id)s.") % {"id": queue_id})
    if paused:
        guards.require_reason(reason)
    if queue.is_paused != paused:
        queue.is_paused = paused
        kind = ChangeKind.PAUSED if paused else ChangeKind.UNPAUSED
        history.save(queue, kind=kind, by=by, reason=reason, fields=["is_paused"])
    return queue


def _complete(
    task_id: int, by: User, how: dict[str, Any], *, is_shown: bool
) -> tuple[Task, list[Task]]:
    """Complete a task and hand out the next; return it, and what its person holds now."""
    task, held = as_one(lambda: _complete_and_hand_out(task_id, by, how, is_shown=is_shown))
    if isinstance(held, Exception):
        return task, _handed_out_after(held, by, is_shown=is_shown)
    return task, held


@retrying
def _complete_and_hand_out(
    task_id: int, by: User, how: dict[str, Any], *, is_shown: bool
) -> tuple[Task, list[Task] | Exception]:
    """Return the task, and what its person holds now, or what the hand-out has failed of before."""
    task, one = None, _one.get()
    try:
        with history.together():
            person = presence.locked_as_free(by)
            task = lifecycle.complete(task_id, by=by, is_locked=True, **how)
            rework.reinspect(task, by=person)
            if one is not None and one.failure is not None:
                return task, one.failure
            return task, _hand_out(person, is_shown=is_shown)
    except Exception as error:
        is_away = faults.is_away(error) and not is_lost_race(error)
        if task is None or one is None or one.failure is not None or is_away:
            raise
        one.failure = error
        raise _HandOutFailed from error


def _handed_out_after(failure: Exception, by: User, *, is_shown: bool) -> list[Task]:
    """Hand out after a completion that was made without; return what its person holds now.

    Who has waited for a lock already does not wait for it again. As a part of another transaction
    it follows that, and nothing is known of it yet.
    """
    if LOCK_WAIT_TIMEOUT not in failure.args and not _is_put_off(hand_out_to, by.pk):
        with _left_to_the_sweep(by.pk):
            assignment.hand_out(by.pk, is_shown=is_shown)
    held: list[Task] = []
    if not connection.in_atomic_block:
        with _left_to_the_sweep(by.pk):
            held = _held(by, is_shown=is_shown)
    return held


def _hand_out(person: User, *, is_shown: bool) -> list[Task]:
    """Hand out tasks to a locked person; return what they hold now, most urgent first."""
    tasks: list[Task] = []
    if person.takes_work:
        tasks = assignment.hand_out_to(person, is_shown=is_shown, is_written=True)
    # With one slot, it is all they have.
    return _held(person, is_shown=is_shown, known=tasks if person.capacity == 1 else None)


def _held(person: User, *, is_shown: bool, known: list[Task] | None = None) -> list[Task]:
    if is_shown:
        return delivery.deliver(person, known or None)
    return known or delivery.held_by(person)


def _freed(person_id: int | None) -> None:
    if person_id is None or _is_put_off(_freed, person_id):
        return
    with _left_to_the_sweep(person_id):
        _free(person_id)
        return
    with _left_to_the_sweep(person_id):
        presence.became_free(person_id)


@retrying
def _free(person_id: int) -> None:
    presence.became_free(person_id)
    assignment.hand_out(person_id, is_written=True)


def _left_to_the_sweep(person_id: int) -> AbstractContextManager[None]:
    return faults.left_to_the_sweep("hand_out", lambda: faults.named(User)(person_id))


def _offer(tasks: Collection[Task]) -> None:
    hand_out_from({task.queue_id for task in tasks})
