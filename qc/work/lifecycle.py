"""The life of a task: one function for each transition, and the only writer of its status.

All have one shape: lock, guard, change, save with one history row. They lock the holder before
the task, always in that order, so that two of them can't wait for each other. They raise
NotFound, NotAllowed (not yours) or InvalidTransition (not in a state for it); `by` is the user
who acts, None for a job.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.compiled_queries import ById
from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.models import ChangeKind, Outcome, Status, Task, User

# From which states each transition leads away.
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
    """Return whether this user may do this transition now: what pages offer."""
    return task.status in TRANSITIONS[transition] and permissions.may(user, transition, task)


def lock(task_id: int) -> Task:
    """Lock a task and, before it, the person who holds it; only inside a transaction.

    Gives the task as it is now. Raises NotFound.
    """
    while True:
        holder = Task.objects.filter(pk=task_id).values_list("assignee", flat=True).first()
        if holder is not None:
            User.objects.select_for_update().get(pk=holder)
        task = Task.objects.select_for_update().filter(pk=task_id).first()
        if task is None:
            raise NotFound(_("There is no task %(id)s.") % {"id": task_id})
        if task.assignee_id in (holder, None):
            return task


def assign(found: Assignment, *, by: User | None, kind: str) -> Task:
    """PENDING → ASSIGNED. `qc.work.assignment` has locked the person, then the task."""
    task = found.task
    _guard_state(task, "assign")
    _change(task, status=Status.ASSIGNED, assignee=found.person, slot=found.slot)
    _change(task, assigned_at=timezone.now(), released_by=None)
    history.save(
        task, kind=kind, by=by, reason=found.why, fields=TRANSITION_FIELDS, person=found.person.pk
    )
    return task


def assign_many(found: Sequence[Assignment]) -> None:
    """PENDING → ASSIGNED for many at once: one update, one insert of history rows.

    The caller has locked the people, then the tasks.
    """
    if not found:
        return
    now = timezone.now()
    for task, person, slot, _why in found:
        _guard_state(task, "assign")
        _change(task, status=Status.ASSIGNED, assignee=person, slot=slot)
        _change(task, assigned_at=now, released_by=None)
    Task.objects.filter(pk__in=[one.task.pk for one in found]).update(
        status=Status.ASSIGNED,
        assigned_at=now,
        released_by=None,
        assignee=ById({one.task.pk: one.person.pk for one in found}),
        slot=ById({one.task.pk: one.slot for one in found}),
    )
    history.record_handed_out({one.task.pk: one.why for one in found})


@retrying
def start(task_id: int, *, by: User) -> Task:
    """The holder opens the task; again does nothing."""
    task = _locked_for("start", task_id, by)
    if task.started_at is None:
        _change(task, started_at=timezone.now())
        history.save(task, kind=ChangeKind.STARTED, by=by, fields=TRANSITION_FIELDS, person=by.pk)
    return task


@retrying
def save_draft(task_id: int, text: str, *, by: User) -> Task:
    """Keep the notes that the holder is writing; no history row, the audit has the final ones."""
    task = _locked_for("draft", task_id, by)
    task.draft = text
    Task.objects.filter(pk=task.pk).update(draft=text)
    return task


@retrying
def complete(
    task_id: int, *, by: User, outcome: str = Outcome.PASSED, notes: str | None = None
) -> Task:
    """ASSIGNED → COMPLETED with an outcome; without notes, what was written as draft.

    Asked again by the same person it changes nothing. Raises InvalidInput for an outcome
    that is none.
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
    history.save(task, kind=ChangeKind.COMPLETED, by=by, fields=TRANSITION_FIELDS, person=by.pk)
    return task


@retrying
def release(task_id: int, *, by: User, reason: str) -> Task:
    """ASSIGNED → PENDING, given back by its holder or a manager, with a reason."""
    task = _locked_for("release", task_id, by)
    require_reason(reason)
    # Out of whose hands it comes, they shall not get it straight back: neither what they gave
    # back themselves, nor what a manager took away.
    _change(task, released_by=task.assignee)
    _return_to(task, Status.PENDING, kind=ChangeKind.RELEASED, by=by, reason=reason)
    return task


def take_back(task: Task, *, by: User | None, reason: str) -> None:
    """ASSIGNED → PENDING because its holder is gone or silent; the caller has locked both."""
    _guard_state(task, "release")
    _return_to(task, Status.PENDING, kind=ChangeKind.RETURNED, by=by, reason=reason)


@retrying
def hold(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ASSIGNED → ON_HOLD, parked by a manager, with a reason."""
    return _park(task_id, "hold", Status.ON_HOLD, kind=ChangeKind.HELD, by=by, reason=reason)


@retrying
def resume(task_id: int, *, by: User, reason: str = "") -> Task:
    """ON_HOLD → PENDING, by a manager."""
    task = _locked_for("resume", task_id, by)
    _return_to(task, Status.PENDING, kind=ChangeKind.RESUMED, by=by, reason=reason)
    return task


@retrying
def cancel(task_id: int, *, by: User, reason: str) -> Task:
    """PENDING or ON_HOLD → CANCELLED, by a manager, with a reason."""
    return _park(
        task_id, "cancel", Status.CANCELLED, kind=ChangeKind.CANCELLED, by=by, reason=reason
    )


@retrying
def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """COMPLETED or CANCELLED → PENDING, by a manager, with a reason; the notes become the draft."""
    task = _locked_for("reopen", task_id, by)
    require_reason(reason)
    _change(task, notes="", draft=task.notes)
    _return_to(task, Status.PENDING, kind=ChangeKind.REOPENED, by=by, reason=reason)
    return task


def require_reason(reason: str) -> None:
    """Raise InvalidInput when somebody overrides the system without saying why."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please give a reason."))


def _park(  # noqa: PLR0913
    task_id: int, transition: str, to: Status, *, kind: str, by: User, reason: str
) -> Task:
    task = _locked_for(transition, task_id, by)
    require_reason(reason)
    _return_to(task, to, kind=kind, by=by, reason=reason)
    return task


def _locked_for(transition: str, task_id: int, by: User) -> Task:
    task = lock(task_id)
    _guard(task, transition, by)
    return task


def _guard(task: Task, transition: str, by: User) -> None:
    # A task that went back to the pool meanwhile is nobody's: a matter of state, not of right.
    if not (transition in permissions.HOLDERS and task.assignee_id is None):
        permissions.check(by, transition, task)
    _guard_state(task, transition)


def _guard_state(task: Task, transition: str) -> None:
    if task.status not in TRANSITIONS[transition]:
        raise InvalidTransition(
            _("%(task)s is %(status)s. This cannot be done with it now.")
            % {"task": task.reference, "status": task.get_status_display()}
        )


def _return_to(task: Task, status: Status, *, kind: str, by: User | None, reason: str) -> None:
    former = task.assignee_id
    _change(task, status=status, assignee=None, slot=None, assigned_at=None, started_at=None)
    _change(task, completed_at=None, outcome="")
    history.save(task, kind=kind, by=by, reason=reason, fields=TRANSITION_FIELDS, person=former)


def _change(task: Task, **columns: object) -> None:
    for name, value in columns.items():
        setattr(task, name, value)
