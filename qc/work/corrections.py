"""Undoing and correcting what one has completed: while it may be, and with its history.

A completion can be undone for `lifecycle.UNDO_FOR`, and after that until its person has started
another task in the same shift. It can be corrected, with a reason, for as long as its queue allows.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.checks.check_input import CheckInput
from qc.core.compiled_queries import Prepared
from qc.core.exceptions import InvalidTransition
from qc.core.local_days import beginning
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import Status, Task, User
from qc.work import assignment, guards, lifecycle, presence, rework

# The rows of history in which another start is looked for.
LATEST = 50
# The most completed tasks that a person is shown.
MOST_DONE = 20
DONE = Prepared(
    lambda person, since: (
        Task.objects.done_by(User(pk=person), since)
        .select_related("queue")
        .order_by("-completed_at")[:MOST_DONE]
    )
)
LAST_DONE = Prepared(
    lambda person: Task.objects.filter(assignee=person, completed_at__isnull=False).order_by(
        "-completed_at"
    )[:1]
)


@retrying
def undo(task_id: int, *, by: User) -> tuple[Task, list[Task]]:
    """Give a completed task back to the person who completed it, with its outcome and notes.

    Return it, and the task that went back to its queue where they had no free slot. Nothing changes
    when they have it already. Raises InvalidTransition when it is too late.
    """
    task = guards.lock(task_id)
    if task.status == Status.ASSIGNED and task.assignee_id == by.pk:
        return task, []
    guards.guard(task, "undo", by)
    _check_not_too_late(task, by)
    with for_the_record():
        reason = _("%s is open again") % task.reference
    person = User.objects.get(pk=by.pk)
    slot, returned = assignment.make_room(person, reason=reason, with_notes=True)
    undone = lifecycle.undo(task, slot, by=person)
    rework.take_back(undone, by=person)
    return undone, [returned] if returned else []


@retrying
def correct(  # noqa: PLR0913
    task_id: int,
    *,
    by: User,
    outcome: str,
    notes: str,
    reason: str,
    check: CheckInput | None = None,
) -> Task:
    """Change outcome, notes and findings of a task that one has completed, with a reason.

    Without `check` the findings stay. Raises InvalidTransition when its queue does not allow it
    any more, InvalidInput, InvalidCheck.
    """
    task = guards.lock(task_id)
    guards.guard(task, "correct", by)
    if not is_correctable(task, presence.shift_began(by)):
        raise InvalidTransition(
            _("%s can no longer be corrected. Please ask a manager to reopen it.") % task.reference
        )
    corrected = lifecycle.correct(
        task, by=by, outcome=outcome, notes=notes, reason=reason, check=check
    )
    rework.take_back(corrected, by=by)
    rework.reinspect(corrected, by=by)
    return corrected


def can_undo(person: User) -> Task | None:
    """Return the task that a person completed last, if that can be undone now."""
    task: Task | None = LAST_DONE.first(person.pk)
    return task if task and person.takes_work and _is_undoable(task, person) else None


def done_today(person: User) -> list[Task]:
    """Return what a person completed today or in this shift, the last first, at most `MOST_DONE`.

    Each has `is_correctable`.
    """
    began = presence.shift_began(person)
    midnight = beginning(timezone.localdate())
    tasks = DONE.items(person.pk, min(began or midnight, midnight))
    for task in tasks:
        task.is_correctable = is_correctable(task, began)
    return tasks


def is_correctable(task: Task, shift_began: datetime | None) -> bool:
    """Return whether the person who completed a task may still correct it."""
    if task.status != Status.COMPLETED or task.completed_at is None:
        return False
    if task.queue.correct_within is None:
        return shift_began is not None and task.completed_at >= shift_began
    return timezone.now() <= task.completed_at + task.queue.correct_within


def _check_not_too_late(task: Task, person: User) -> None:
    if not _is_undoable(task, person):
        raise InvalidTransition(
            _("You completed %(task)s at %(at)s: it is too late to undo that.")
            % {"task": task.reference, "at": clock(task.completed_at)}
        )


def _is_undoable(task: Task, person: User) -> bool:
    completed_at, until = task.completed_at, lifecycle.undo_until(task)
    if completed_at is None or until is None:
        return False
    return timezone.now() < until or (
        not _has_gone_on(person, task, completed_at)
        and completed_at >= (presence.shift_began(person) or timezone.now())
    )


def _has_gone_on(person: User, task: Task, since: datetime) -> bool:
    """Return whether a person has started another task since they completed this one.

    Even one that was taken from them meanwhile.
    """
    latest = history.of_tasks(person).order_by("-history_id").values("id", "started_at")
    return any(
        row["id"] != task.pk and row["started_at"] is not None and row["started_at"] >= since
        for row in latest[:LATEST]
    )
