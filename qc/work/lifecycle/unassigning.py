"""A task is nobody's afterwards: it waits again, is on hold or cancelled."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, F, When
from django.utils.translation import gettext as _

from qc import history
from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.models import ChangeKind, HandBack, Status, Task, User
from qc.work import guards
from qc.work.lifecycle.columns import change, make_draft, save

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
        change(task, status=Status.PENDING, **UNASSIGNED_FIELDS)
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
    make_draft(task)
    last = HandBack.objects.filter(task=task).order_by("-pk").values_list("person", flat=True)
    task.released_by_id = last.first()
    return _unassign(task, Status.PENDING, ChangeKind.REOPENED, by, reason)


def _unassign(task: Task, status: Status, kind: str, by: User | None, reason: str) -> Task:
    former = task.assignee_id
    change(task, status=status, **UNASSIGNED_FIELDS)
    _keep_plan_of_draft(task)
    save(task, kind, by, former, reason)
    return task


def _keep_plan_of_draft(task: Task) -> None:
    """Let a task that goes back to its queue have its plan only for the answers of its draft."""
    if task.draft_findings is None:
        task.plan_id = None
