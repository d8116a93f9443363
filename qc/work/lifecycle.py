"""The life of a task: one function for each transition, and the only writer of its status.

All have one shape: lock, guard, change, save with one history row. They lock the holder before
the task, always in that order, so that two of them can't wait for each other. They raise
NotFound, NotAllowed (not yours), InvalidTransition (not in a state for it) or InvalidInput
(without a reason); `by` is the user who acts, None for a job.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.compiled_queries import ById
from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.models import ChangeKind, Outcome, Status, Task, User

# The states in which each transition can begin.
TRANSITIONS: dict[str, frozenset[str]] = {
    "assign": frozenset({Status.PENDING}),
    "claim": frozenset({Status.PENDING}),
    "start": frozenset({Status.ASSIGNED}),
    "draft": frozenset({Status.ASSIGNED}),
    "complete": frozenset({Status.ASSIGNED}),
    "release": frozenset({Status.ASSIGNED}),
    "hold": frozenset({Status.PENDING, Status.ASSIGNED}),
    "resume": frozenset({Status.ON_HOLD}),
    "cancel": frozenset({Status.PENDING, Status.ON_HOLD}),
    "reopen": frozenset({Status.COMPLETED, Status.CANCELLED}),
}
NEED_REASON = frozenset({"assign", "release", "hold", "cancel", "reopen"})
TRANSITION_FIELDS = (
    "status",
    "assignee",
    "slot",
    "assigned_at",
    "started_at",
    "completed_at",
    "outcome",
    "notes",
    "draft",
    "released_by",
)


class Assignment(NamedTuple):
    """A task to give to a person in one of their free slots, and why."""

    task: Task
    person: User
    slot: int
    why: str


def may_now(user: User, transition: str, task: Task) -> bool:
    """Return whether this user may do this transition now: pages offer only these."""
    return task.status in TRANSITIONS[transition] and permissions.may(user, transition, task)


def lock(task_id: int) -> Task:
    """Lock a task and, before it, the person who holds it; only inside a transaction.

    Return the task as it is now. Raises NotFound.
    """
    while True:
        holder = Task.objects.filter(pk=task_id).values_list("assignee", flat=True).first()
        if holder is not None:
            User.objects.select_for_update().get(pk=holder)
        task = lock_task(task_id)
        if task.assignee_id in (holder, None):
            return task


def lock_task(task_id: int) -> Task:
    """Lock a task without locking its holder; only inside a transaction. Raises NotFound."""
    task = Task.objects.select_for_update().filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no task %(id)s.") % {"id": task_id})
    return task


def assign(found: Assignment, *, by: User | None, kind: str) -> Task:
    """PENDING → ASSIGNED. `qc.work.assignment` has locked the person, then the task."""
    _take(found, _assigned_columns())
    _save(found.task, kind, by, found.person.pk, found.why)
    return found.task


def assign_many(found: Sequence[Assignment]) -> None:
    """PENDING → ASSIGNED for many at once: one update, one insert of history rows.

    The caller has locked the people, then the tasks.
    """
    if not found:
        return
    columns = _assigned_columns()
    for one in found:
        _take(one, columns)
    Task.objects.filter(pk__in=[one.task.pk for one in found]).update(
        **columns,
        assignee=ById({one.task.pk: one.person.pk for one in found}),
        slot=ById({one.task.pk: one.slot for one in found}),
    )
    history.record_handed_out({one.task.pk: one.why for one in found})


@retrying
def start(task_id: int, *, by: User) -> Task:
    """Note that the holder has opened the task; repeating it changes nothing."""
    task = _locked_for("start", task_id, by)
    if task.started_at is None:
        task.started_at = timezone.now()
        _save(task, ChangeKind.STARTED, by, by.pk)
    return task


@retrying
def save_draft(task_id: int, text: str, *, by: User) -> Task:
    """Keep the notes that the holder is writing; only the final ones go into the history."""
    task = _locked_for("draft", task_id, by)
    task.draft = text
    Task.objects.filter(pk=task.pk).update(draft=text)
    return task


@retrying
def complete(
    task_id: int, *, by: User, outcome: str = Outcome.PASSED, notes: str | None = None
) -> Task:
    """ASSIGNED → COMPLETED with an outcome, and with the draft as notes where `notes` is None.

    A task that the same person has completed already is not changed. Raises InvalidInput for an
    unknown outcome.
    """
    if outcome not in Outcome:
        allowed = ", ".join(Outcome.values)
        raise InvalidInput("outcome", _("The outcome must be one of: %(all)s.") % {"all": allowed})
    task = lock(task_id)
    if task.status == Status.COMPLETED and task.assignee_id == by.pk:
        return task
    _guard(task, "complete", by)
    now = timezone.now()
    _change(task, status=Status.COMPLETED, slot=None, started_at=task.started_at or now)
    _change(task, completed_at=now, outcome=outcome)
    _change(task, notes=task.draft if notes is None else notes, draft="")
    _save(task, ChangeKind.COMPLETED, by, by.pk)
    return task


@retrying
def release(task_id: int, *, by: User, reason: str) -> Task:
    """ASSIGNED → PENDING, given back by its holder or a manager, with a reason."""
    task = _locked_for("release", task_id, by, reason)
    # Its holder must not get it straight back, whoever released it.
    task.released_by = task.assignee
    return _unassign(task, Status.PENDING, ChangeKind.RELEASED, by, reason)


def take_back(task: Task, *, by: User | None, reason: str) -> None:
    """ASSIGNED → PENDING as its holder is away or did not start; the caller has locked both."""
    _guard_state(task, "release")
    _unassign(task, Status.PENDING, ChangeKind.RETURNED, by, reason)


@retrying
def hold(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ASSIGNED → ON_HOLD, by a manager, with a reason."""
    task = _locked_for("hold", task_id, by, reason)
    return _unassign(task, Status.ON_HOLD, ChangeKind.HELD, by, reason)


@retrying
def resume(task_id: int, *, by: User, reason: str = "") -> Task:
    """ON_HOLD → PENDING, by a manager."""
    task = _locked_for("resume", task_id, by)
    return _unassign(task, Status.PENDING, ChangeKind.RESUMED, by, reason)


@retrying
def cancel(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ON_HOLD → CANCELLED, by a manager, with a reason."""
    task = _locked_for("cancel", task_id, by, reason)
    return _unassign(task, Status.CANCELLED, ChangeKind.CANCELLED, by, reason)


@retrying
def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """COMPLETED or CANCELLED → PENDING, by a manager, with a reason; the notes become the draft."""
    task = _locked_for("reopen", task_id, by, reason)
    task.notes, task.draft = "", task.notes
    return _unassign(task, Status.PENDING, ChangeKind.REOPENED, by, reason)


def require_reason(reason: str) -> None:
    """Raise InvalidInput when the reason is empty."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please give a reason."))


def _locked_for(transition: str, task_id: int, by: User, reason: str = "") -> Task:
    task = lock(task_id)
    _guard(task, transition, by)
    if transition in NEED_REASON:
        require_reason(reason)
    return task


def _guard(task: Task, transition: str, by: User) -> None:
    # A task that is back in its queue is refused for its status, not for missing rights.
    if not (transition in permissions.HOLDERS and task.assignee_id is None):
        permissions.check(by, transition, task)
    _guard_state(task, transition)


def _guard_state(task: Task, transition: str) -> None:
    if task.status not in TRANSITIONS[transition]:
        raise InvalidTransition(
            _("%(task)s is %(status)s. This cannot be done with it now.")
            % {"task": task.reference, "status": task.get_status_display()}
        )


def _assigned_columns() -> dict[str, Any]:
    """Return the columns that all tasks assigned now share."""
    return {"status": Status.ASSIGNED, "assigned_at": timezone.now(), "released_by": None}


def _take(found: Assignment, columns: dict[str, Any]) -> None:
    task, person, slot, _why = found
    _guard_state(task, "assign")
    _change(task, assignee=person, slot=slot, **columns)


def _unassign(task: Task, status: Status, kind: str, by: User | None, reason: str) -> Task:
    former = task.assignee_id
    _change(task, status=status, assignee=None, slot=None, assigned_at=None, started_at=None)
    _change(task, completed_at=None, outcome="")
    _save(task, kind, by, former, reason)
    return task


def _save(task: Task, kind: str, by: User | None, person: int | None, reason: str = "") -> None:
    history.save(task, kind=kind, by=by, reason=reason, fields=TRANSITION_FIELDS, person=person)


def _change(task: Task, **columns: object) -> None:
    for name, value in columns.items():
        setattr(task, name, value)
