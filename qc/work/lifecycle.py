"""The life of a task: one function for each transition, and the only writer of its status.

All have one shape: lock, guard, change, save with one history row. They lock the holder before
the task, always in that order, so that two of them can't wait for each other. They raise
NotFound, NotAllowed (not yours), InvalidTransition (not in a state for it) or InvalidInput
(without a reason); `by` is the user who acts, None for a job.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, F, When
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.checks import judging, recording
from qc.checks.check_input import CheckInput, of_draft
from qc.checks.judging import Judged
from qc.core import compiled_queries
from qc.core.compiled_queries import list_of, number_by_id
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
    "draft_findings",
    "plan",
    "findings",
    "inspected",
    "rejected",
    "released_by",
    "next_for",
    "next_at",
)
# What a task has that nobody holds or has completed.
UNASSIGNED_FIELDS: dict[str, Any] = {
    "assignee": None,
    "slot": None,
    "assigned_at": None,
    "started_at": None,
    "completed_at": None,
    "outcome": "",
    "shown_at": None,
    "draft_outcome": "",
    "findings": None,
    "inspected": None,
    "rejected": None,
    "next_for": None,
    "next_at": None,
}
# What a task keeps of its plan then: the version by which the answers of its draft were given.
PLAN_OF_DRAFT = Case(When(draft_findings__isnull=False, then=F("plan")))
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


class HandOut(NamedTuple):
    """The same by ids: of a waiting task that nobody needs in memory."""

    task: int
    person: int
    slot: int
    why: str


def assign(found: Assignment, *, by: User | None, kind: str) -> Task:
    """PENDING → ASSIGNED. `qc.work.assignment` has locked the person, then the task."""
    guards.write_people([found.person.pk])
    _take(found, _assigned_columns())
    _save(found.task, kind, by, found.person.pk, found.why)
    return found.task


def assign_many(
    found: Sequence[Assignment], *, are_begun: bool = False, are_written: bool = False
) -> None:
    """PENDING → ASSIGNED for many at once, as by `hand_out`; the tasks in memory change too.

    With `are_begun` they are in front of their person now, and so started; with `are_written` the
    caller's transaction has written the people's rows.
    """
    if not found:
        return
    columns = _assigned_columns()
    if are_begun:
        columns |= dict.fromkeys(("shown_at", "started_at"), columns["assigned_at"])
    for one in found:
        _take(one, columns)
        if are_begun:
            _choose_plan(one.task)
    given = [HandOut(one.task.pk, one.person.pk, one.slot, one.why) for one in found]
    plans = {one.task.pk: one.task.plan_id for one in found if are_begun and one.task.plan_id}
    _write_assigned(given, columns, plans, are_written=are_written)
    # Details that are no JSON were read as text: the database itself refuses to copy them.
    if history.is_together() and not any(isinstance(one.task.details, str) for one in found):
        _record_assigned(found)
    else:
        history.record_handed_out({one.task: one.why for one in given})


def hand_out(given: Sequence[HandOut]) -> None:
    """PENDING → ASSIGNED for many at once: one update, one insert of history rows.

    The caller has locked the people, then the tasks, which wait.
    """
    if given:
        _write_assigned(given, _assigned_columns())
        history.record_handed_out({one.task: one.why for one in given})


def _write_assigned(
    given: Sequence[HandOut],
    columns: dict[str, Any],
    plans: Mapping[int, int] | None = None,
    *,
    are_written: bool = False,
) -> None:
    """Write the people, and the tasks with the columns that all share; without history.

    `plans` are the versions that tasks are begun with, by task.

    The ORM would take longer to build these statements than the database to run them.
    """
    if not are_written:
        guards.write_people({one.person for one in given})
    adapt = connection.ops.adapt_datetimefield_value
    values = [adapt(one) if isinstance(one, datetime) else one for one in columns.values()]
    shared = "".join([f"{name} = %s, " for name in columns])
    if plans:
        shared += f"plan_id = {number_by_id(plans, otherwise='plan_id')}, "
    person = number_by_id({one.task: one.person for one in given})
    slot = number_by_id({one.task: one.slot for one in given})
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Task._meta.db_table} SET {shared}assignee_id = {person}, slot = {slot}"  # noqa: S608
            f" WHERE id IN ({list_of(one.task for one in given)})",
            values,
        )


def _record_assigned(found: Sequence[Assignment]) -> None:
    tasks, people = [one.task for one in found], [one.person.pk for one in found]
    reasons = [one.why for one in found]
    history.record_many(tasks, kind=ChangeKind.ASSIGNED, by=None, reasons=reasons, people=people)


@retrying
def open_task(task_id: int, *, by: User, plan: int | None = None) -> Task:
    """Note that the task has been open in front of its holder for `OPENED_FOR`: it is started.

    Where its queue demands a scan, it is only shown. Repeating it changes nothing. `plan` is the
    id of the version of the check plan that was shown.
    """
    task = guards.locked_for("start", task_id, by)
    if task.started_at is None and task.assigned_at is not None:
        begin(task, max(timezone.now() - OPENED_FOR, task.assigned_at), by=by, plan=plan)
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


def begin(
    task: Task, since: datetime, *, by: User, is_scanned: bool = False, plan: int | None = None
) -> None:
    """Start a locked task of this holder; only show it, where its queue demands a scan first.

    From then on it has its plan: that of its draft, else the one that was shown, else the newest.
    """
    task.shown_at = task.shown_at or since
    if task.started_at is None and (is_scanned or not task.queue.scan_to_start):
        task.started_at = since
        _choose_plan(task, plan)
        _save(task, ChangeKind.STARTED, by, by.pk)
    else:
        Task.objects.filter(pk=task.pk).update(shown_at=task.shown_at)


@retrying
def complete(  # noqa: PLR0913
    task_id: int,
    *,
    by: User,
    outcome: str | None = None,
    notes: str | None = None,
    check: CheckInput | None = None,
    version: int | None = None,
    plan: int | None = None,
    is_locked: bool = False,
) -> Task:
    """ASSIGNED → COMPLETED, with notes and answers as in its draft unless others are given.

    The outcome follows from the check, and is passed where nothing says otherwise. `plan` is the
    id of the version of the check plan that was shown.

    A task that the same person has completed in the same way is not changed. Raises InvalidCheck
    for answers that are missing or wrong; InvalidInput for an outcome that is not possible, and
    where the task must be scanned first; AlreadyCompleted where they completed it in another way;
    StaleDraft where a draft is stored that is newer than `version`, on which notes and answers were
    based. With `is_locked` the caller's transaction has locked the person.
    """
    guards.check_outcome(outcome or Outcome.PASSED)
    if not is_locked:
        guards.lock_person(by.pk)
    task = guards.lock_task(task_id)
    if task.status == Status.COMPLETED and task.assignee_id == by.pk:
        guards.check_same(task, outcome, notes, check)
        return task
    guards.guard(task, "complete", by)
    guards.check_started(task)
    guards.check_version(task, task.draft if notes is None else notes, version, check)
    _choose_plan(task, plan)
    judged = judging.judged(
        task, of_draft(task.draft_findings) if check is None else check, outcome
    )
    now = timezone.now()
    started_at = task.started_at or task.shown_at or now
    _change(task, status=Status.COMPLETED, slot=None, started_at=started_at, completed_at=now)
    _change(task, notes=task.draft if notes is None else notes, **_columns(judged))
    _change(task, draft="", draft_outcome="", draft_findings=None, released_by=None)
    _save(task, ChangeKind.COMPLETED, by, by.pk)
    recording.record(task, judged)
    return task


def undo(task: Task, slot: int, *, by: User) -> Task:
    """COMPLETED → ASSIGNED to the same person again, with all that they sent as their draft.

    `qc.work.corrections` has locked both, and checked that it is not too late; `by` is read under
    the lock.
    """
    guards.guard(task, "undo", by)
    guards.write_people([by.pk])
    draft_outcome = task.outcome
    _make_draft(task)
    _change(task, status=Status.ASSIGNED, slot=slot, completed_at=None)
    _change(task, outcome="", draft_outcome=draft_outcome)
    _save(task, ChangeKind.COMPLETION_UNDONE, by, by.pk)
    return task


def correct(  # noqa: PLR0913
    task: Task, *, by: User, outcome: str, notes: str, reason: str, check: CheckInput | None = None
) -> Task:
    """Change outcome, notes and findings of a completed task; nothing where they are the same.

    Without `check` the findings stay. `qc.work.corrections` has locked it, and checked that it is
    not too late.
    """
    guards.guard(task, "correct", by)
    guards.check_outcome(outcome)
    guards.require_reason(reason)
    sent = recording.as_sent(task)
    judged = judging.judged(task, sent if check is None else check, outcome)
    if (
        task.outcome == outcome
        and guards.is_same_text(task.notes, notes)
        and judged.as_sent() == sent
    ):
        return task
    recording.forget(task)
    _change(task, notes=notes, **_columns(judged))
    _save(task, ChangeKind.CORRECTED, by, by.pk, reason)
    recording.record(task, judged)
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


def take_back_many(tasks: Sequence[Task], *, reasons: Sequence[str]) -> None:
    """ASSIGNED → PENDING for many at once, for a job; their holders are locked, then the tasks.

    `reasons` has the reason of each.
    """
    former = [task.assignee_id or 0 for task in tasks]
    for task in tasks:
        guards.guard_state(task, "release")
        _change(task, status=Status.PENDING, **UNASSIGNED_FIELDS)
        _keep_plan_of_draft(task)
    ids = [task.pk for task in tasks]
    columns = UNASSIGNED_FIELDS | {"plan": PLAN_OF_DRAFT}
    Task.objects.filter(pk__in=ids).update(status=Status.PENDING, **columns)
    kind = ChangeKind.RETURNED
    history.record_many(tasks, kind=kind, by=None, reasons=reasons, people=former)


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


def withdraw(task: Task, *, by: User, reason: str) -> Task:
    """PENDING, ON_HOLD or ASSIGNED → CANCELLED: what it follows from is no longer so.

    The caller has locked it and its holder, who has not begun it.
    """
    task.released_by = None
    return _unassign(task, Status.CANCELLED, ChangeKind.CANCELLED, by, reason)


@retrying
def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """COMPLETED or CANCELLED → PENDING, by a manager, with a reason.

    Notes and findings become the draft.
    """
    task = guards.locked_for("reopen", task_id, by, reason)
    if task.queue.is_closed and task.queue.merged_into_id is None:
        raise InvalidTransition(_("%s is closed. Reopen the queue first.") % task.queue)
    _make_draft(task)
    last = HandBack.objects.filter(task=task).order_by("-pk").values_list("person", flat=True)
    task.released_by_id = last.first()
    return _unassign(task, Status.PENDING, ChangeKind.REOPENED, by, reason)


def undo_until(task: Task) -> datetime | None:
    """Return until when a completion can be undone in any case; None if it is not completed."""
    return task.completed_at and task.completed_at + UNDO_FOR


def _assigned_columns() -> dict[str, Any]:
    """Return the columns that all tasks assigned now share."""
    in_no_line = {"next_for_id": None, "next_at": None}
    return {"status": Status.ASSIGNED, "assigned_at": timezone.now(), **in_no_line}


def _take(found: Assignment, columns: dict[str, Any]) -> None:
    task, person, slot, _why = found
    guards.guard_state(task, "assign")
    _change(task, assignee=person, slot=slot, **columns)


def _unassign(task: Task, status: Status, kind: str, by: User | None, reason: str) -> Task:
    former = task.assignee_id
    _change(task, status=status, **UNASSIGNED_FIELDS)
    _keep_plan_of_draft(task)
    _save(task, kind, by, former, reason)
    return task


def _choose_plan(task: Task, shown: int | None = None) -> None:
    """Set the plan of a task that is begun, unless it has one: the version shown, or the newest."""
    if task.plan_id is not None:
        return
    newest = task.queue.plan_id
    if shown is not None and shown != newest and guards.is_version(shown, task.queue_id):
        newest = shown
    task.plan_id = newest


def _keep_plan_of_draft(task: Task) -> None:
    """Let a task that goes back to its queue have its plan only for the answers of its draft."""
    if task.draft_findings is None:
        task.plan_id = None


def _make_draft(task: Task) -> None:
    """Make notes and findings of a completed task its draft; take back what counts them."""
    recording.forget(task)
    if task.status == Status.COMPLETED:
        task.draft_findings = recording.as_sent(task).as_draft()
    _change(task, draft=task.notes, notes="", findings=None, inspected=None, rejected=None)
    # Tabs that were opened before it have older ones.
    task.draft_version += 1


def _columns(judged: Judged) -> dict[str, Any]:
    """Return what the columns of a completed task have of its check."""
    return {
        "outcome": judged.outcome,
        "findings": judged.findings(),
        "inspected": judged.inspected,
        "rejected": judged.rejected,
    }


def _save(task: Task, kind: str, by: User | None, person: int | None, reason: str = "") -> None:
    compiled_queries.update_row(task, TRANSITION_FIELDS)
    people = [person] if person else None
    history.record_many([task], kind=kind, by=by, reasons=[reason], people=people)


def _change(task: Task, **columns: object) -> None:
    for name, value in columns.items():
        setattr(task, name, value)
