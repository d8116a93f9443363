"""The life of a task: one function for each transition, and the only writer of its status.

All have one shape: lock, guard, change, save with one history row. They lock the holder before
the task, always in that order, so that two of them can't wait for each other. They raise
NotFound, NotAllowed (not yours), InvalidTransition (not in a state for it) or InvalidInput
(without a reason); `by` is the user who acts, None for a job.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.core.compiled_queries import ById
from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.models import ChangeKind, HandBack, Outcome, Status, Task, User
from qc.work import guards

TRANSITION_FIELDS = (
    "status",
    "assignee",
    "slot",
    "assigned_at",
    "started_at",
    "completed_at",
    "outcome",
    "notes",
    "shown_at",
    "draft",
    "draft_version",
    "draft_outcome",
    "released_by",
)
# A task that has been open for so long is started: it was when it was opened.
OPENED_FOR = timedelta(seconds=3)
# For so long a completion can be undone, whatever its person has begun meanwhile.
UNDO_FOR = timedelta(seconds=10)


class Assignment(NamedTuple):
    """A task to give to a person in one of their free slots, and why."""

    task: Task
    person: User
    slot: int
    why: str


def assign(found: Assignment, *, by: User | None, kind: str) -> Task:
    """PENDING → ASSIGNED. `qc.work.assignment` has locked the person, then the task."""
    guards.write_people([found.person])
    _take(found, _assigned_columns())
    _save(found.task, kind, by, found.person.pk, found.why)
    return found.task


def assign_many(
    found: Sequence[Assignment], *, are_begun: bool = False, are_written: bool = False
) -> None:
    """PENDING → ASSIGNED for many at once: one update, one insert of history rows.

    With `are_begun` they are in front of their person now, and so started. The caller has locked
    the people, then the tasks; with `are_written` its transaction has written the people's rows.
    """
    if not found:
        return
    if not are_written:
        guards.write_people({one.person for one in found})
    columns = _assigned_columns()
    if are_begun:
        columns |= dict.fromkeys(("shown_at", "started_at"), columns["assigned_at"])
    for one in found:
        _take(one, columns)
    Task.objects.filter(pk__in=[one.task.pk for one in found]).update(
        **columns,
        assignee=ById({one.task.pk: one.person.pk for one in found}),
        slot=ById({one.task.pk: one.slot for one in found}),
    )
    history.record_handed_out({one.task.pk: one.why for one in found})


@retrying
def open_task(task_id: int, *, by: User) -> Task:
    """Note that the task has been open in front of its holder for `OPENED_FOR`: it is started.

    Where its queue demands a scan, it is only shown. Repeating it changes nothing.
    """
    task = guards.locked_for("start", task_id, by)
    if task.started_at is None and task.assigned_at is not None:
        begin(task, max(timezone.now() - OPENED_FOR, task.assigned_at), by=by)
    return task


@retrying
def start(task_id: int, *, by: User, scanned: str = "") -> Task:
    """Start the task; repeating it changes nothing.

    Raises InvalidInput where its queue demands a scan and `scanned` is not its reference.
    """
    task = guards.locked_for("start", task_id, by)
    if task.started_at is None:
        is_scanned = scanned.strip().upper() == task.reference
        begin(task, timezone.now(), by=by, is_scanned=is_scanned)
        guards.check_started(task)
    return task


def begin(task: Task, since: datetime, *, by: User, is_scanned: bool = False) -> None:
    """Start a locked task of this holder; only show it, where its queue demands a scan first."""
    task.shown_at = task.shown_at or since
    if task.started_at is None and (is_scanned or not task.queue.scan_to_start):
        task.started_at = since
        _save(task, ChangeKind.STARTED, by, by.pk)
    else:
        Task.objects.filter(pk=task.pk).update(shown_at=task.shown_at)


@retrying
def complete(
    task_id: int,
    *,
    by: User,
    outcome: str | None = None,
    notes: str | None = None,
    version: int | None = None,
) -> Task:
    """ASSIGNED → COMPLETED: passed, and with the draft as notes, unless something else is given.

    A task that the same person has completed in the same way is not changed. Raises InvalidInput
    for an unknown outcome, and where the task must be scanned first; AlreadyCompleted where they
    completed it with another outcome or other notes; StaleDraft where a draft is stored that is
    newer than `version`, on which the notes were based.
    """
    guards.check_outcome(outcome or Outcome.PASSED)
    task = guards.lock(task_id)
    if task.status == Status.COMPLETED and task.assignee_id == by.pk:
        guards.check_same(task, outcome, notes)
        return task
    guards.guard(task, "complete", by)
    guards.check_started(task)
    guards.check_version(task, task.draft if notes is None else notes, version)
    now = timezone.now()
    started_at = task.started_at or task.shown_at or now
    _change(task, status=Status.COMPLETED, slot=None, started_at=started_at, completed_at=now)
    _change(task, outcome=outcome or Outcome.PASSED, notes=task.draft if notes is None else notes)
    _change(task, draft="", draft_outcome="", released_by=None)
    _save(task, ChangeKind.COMPLETED, by, by.pk)
    return task


def undo(task: Task, slot: int, *, by: User) -> Task:
    """COMPLETED → ASSIGNED to the same person again, with outcome and notes as their draft.

    `qc.work.corrections` has locked both, and checked that it is not too late; `by` is read under
    the lock.
    """
    guards.guard(task, "undo", by)
    guards.write_people([by])
    _change(task, status=Status.ASSIGNED, slot=slot, completed_at=None)
    _change(task, draft=task.notes, draft_outcome=task.outcome, notes="", outcome="")
    # Tabs that were opened before it have older notes.
    task.draft_version += 1
    _save(task, ChangeKind.COMPLETION_UNDONE, by, by.pk)
    return task


def correct(task: Task, *, by: User, outcome: str, notes: str, reason: str) -> Task:
    """Change outcome and notes of a completed task; nothing changes where they are the same.

    `qc.work.corrections` has locked it, and checked that it is not too late.
    """
    guards.guard(task, "correct", by)
    guards.check_outcome(outcome)
    guards.require_reason(reason)
    if task.outcome != outcome or not guards.is_same_text(task.notes, notes):
        _change(task, outcome=outcome, notes=notes)
        _save(task, ChangeKind.CORRECTED, by, by.pk, reason)
    return task


@retrying
def release(task_id: int, *, by: User, reason: str) -> Task:
    """ASSIGNED → PENDING, given back by its holder or a manager, with a reason."""
    task = guards.locked_for("release", task_id, by, reason)
    # Its holder never gets it back by itself, whoever released it.
    task.released_by = task.assignee
    HandBack.objects.get_or_create(task=task, person=task.assignee)
    return _unassign(task, Status.PENDING, ChangeKind.RELEASED, by, reason)


def take_back(task: Task, *, by: User | None, reason: str) -> None:
    """ASSIGNED → PENDING as its holder is away or did not start; the caller has locked both."""
    guards.guard_state(task, "release")
    _unassign(task, Status.PENDING, ChangeKind.RETURNED, by, reason)


@retrying
def hold(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ASSIGNED → ON_HOLD, by a manager, with a reason."""
    task = guards.locked_for("hold", task_id, by, reason)
    return _unassign(task, Status.ON_HOLD, ChangeKind.HELD, by, reason)


@retrying
def resume(task_id: int, *, by: User, reason: str = "") -> Task:
    """ON_HOLD → PENDING, by a manager."""
    task = guards.locked_for("resume", task_id, by)
    return _unassign(task, Status.PENDING, ChangeKind.RESUMED, by, reason)


@retrying
def cancel(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ON_HOLD → CANCELLED, by a manager, with a reason."""
    task = guards.locked_for("cancel", task_id, by, reason)
    task.released_by = None
    return _unassign(task, Status.CANCELLED, ChangeKind.CANCELLED, by, reason)


@retrying
def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """COMPLETED or CANCELLED → PENDING, by a manager, with a reason; the notes become the draft."""
    task = guards.locked_for("reopen", task_id, by, reason)
    if task.queue.is_closed and task.queue.merged_into_id is None:
        raise InvalidTransition(_("%s is closed. Reopen the queue first.") % task.queue)
    task.notes, task.draft, task.draft_version = "", task.notes, task.draft_version + 1
    last = HandBack.objects.filter(task=task).order_by("-pk").values_list("person", flat=True)
    task.released_by_id = last.first()
    return _unassign(task, Status.PENDING, ChangeKind.REOPENED, by, reason)


def undo_until(task: Task) -> datetime | None:
    """Return until when a completion can be undone in any case; None if it is not completed."""
    return task.completed_at and task.completed_at + UNDO_FOR


def _assigned_columns() -> dict[str, Any]:
    """Return the columns that all tasks assigned now share."""
    return {"status": Status.ASSIGNED, "assigned_at": timezone.now()}


def _take(found: Assignment, columns: dict[str, Any]) -> None:
    task, person, slot, _why = found
    guards.guard_state(task, "assign")
    _change(task, assignee=person, slot=slot, **columns)


def _unassign(task: Task, status: Status, kind: str, by: User | None, reason: str) -> Task:
    former = task.assignee_id
    _change(task, status=status, assignee=None, slot=None, assigned_at=None, started_at=None)
    _change(task, completed_at=None, outcome="", shown_at=None, draft_outcome="")
    _save(task, kind, by, former, reason)
    return task


def _save(task: Task, kind: str, by: User | None, person: int | None, reason: str = "") -> None:
    history.save(task, kind=kind, by=by, reason=reason, fields=TRANSITION_FIELDS, person=person)


def _change(task: Task, **columns: object) -> None:
    for name, value in columns.items():
        setattr(task, name, value)
