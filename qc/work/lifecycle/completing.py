"""A task is completed with a check; that is undone, or corrected."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from qc.checks import judging, recording
from qc.checks.check_input import CheckInput, of_draft
from qc.checks.judging import Judged
from qc.core.transactions import retrying
from qc.models import ChangeKind, Outcome, Status, Task, User
from qc.work import guards
from qc.work.lifecycle.columns import change, make_draft, save
from qc.work.lifecycle.starting import choose_plan

# For so long a completion can be undone, whatever its person has begun meanwhile.
UNDO_FOR = timedelta(seconds=10)


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
    choose_plan(task, plan)
    judged = judging.judged(
        task, of_draft(task.draft_findings) if check is None else check, outcome
    )
    now = timezone.now()
    started_at = task.started_at or task.shown_at or now
    change(task, status=Status.COMPLETED, slot=None, started_at=started_at, completed_at=now)
    change(task, notes=task.draft if notes is None else notes, **_columns(judged))
    change(task, draft="", draft_outcome="", draft_findings=None, released_by=None)
    save(task, ChangeKind.COMPLETED, by, by.pk)
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
    make_draft(task)
    change(task, status=Status.ASSIGNED, slot=slot, completed_at=None)
    change(task, outcome="", draft_outcome=draft_outcome)
    save(task, ChangeKind.COMPLETION_UNDONE, by, by.pk)
    return task


def undo_until(task: Task) -> datetime | None:
    """Return until when a completion can be undone in any case; None if it is not completed."""
    return task.completed_at and task.completed_at + UNDO_FOR


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
    change(task, notes=notes, **_columns(judged))
    save(task, ChangeKind.CORRECTED, by, by.pk, reason)
    recording.record(task, judged)
    return task


def _columns(judged: Judged) -> dict[str, Any]:
    """Return what the columns of a completed task have of its check."""
    return {
        "outcome": judged.outcome,
        "findings": judged.findings(),
        "inspected": judged.inspected,
        "rejected": judged.rejected,
    }
