"""What must hold before a task changes: its status, who asks for it, and what they say.

Each raises what is wrong, in words. The holder is locked before the task, always in that order, so
that two changes can't wait for each other.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.compiled_queries import case_by_id
from qc.core.exceptions import (
    AlreadyCompleted,
    InvalidInput,
    InvalidTransition,
    NotFound,
    StaleDraft,
)
from qc.core.wording import clock
from qc.models import Outcome, Status, Task, User

LEAST = timedelta(microseconds=1)
# The states in which each transition can begin.
TRANSITIONS: dict[str, frozenset[str]] = {
    "assign": frozenset({Status.PENDING}),
    "claim": frozenset({Status.PENDING}),
    "start": frozenset({Status.ASSIGNED}),
    "draft": frozenset({Status.ASSIGNED}),
    "complete": frozenset({Status.ASSIGNED}),
    "undo": frozenset({Status.COMPLETED}),
    "correct": frozenset({Status.COMPLETED}),
    "release": frozenset({Status.ASSIGNED}),
    "hold": frozenset({Status.PENDING, Status.ASSIGNED}),
    "resume": frozenset({Status.ON_HOLD}),
    "cancel": frozenset({Status.PENDING, Status.ON_HOLD}),
    "reopen": frozenset({Status.COMPLETED, Status.CANCELLED}),
    "edit": frozenset(Task.LIVE),
}
NEED_REASON = frozenset({"assign", "correct", "edit", "release", "hold", "cancel", "reopen"})


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


def write_people(people: Iterable[User]) -> None:
    """Write the rows of people as they are, but for a microsecond; the caller has locked them.

    A Galera cluster compares what transactions wrote, not what they locked: of two that depend on
    the same person, on two nodes, each must write the row. One whose columns all stay the same
    would not be written, so `idle_since` moves by the least there is.
    """
    adapt = connection.ops.adapt_datetimefield_value
    moments = {one.pk: adapt((one.idle_since or timezone.now()) + LEAST) for one in people}
    case, parameters = case_by_id(moments)
    marks = ", ".join(["%s"] * len(moments))
    sql = f"UPDATE {User._meta.db_table} SET idle_since = {case} WHERE id IN ({marks})"  # noqa: S608
    # Without the ORM, which would take several times as long to build it.
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, *moments])


def require_reason(reason: str) -> None:
    """Raise InvalidInput when the reason is empty."""
    if not reason.strip():
        raise InvalidInput("reason", _("Please give a reason."))


def check_outcome(outcome: str) -> None:
    """Raise InvalidInput for an unknown outcome."""
    if outcome not in Outcome:
        allowed = ", ".join(Outcome.values)
        raise InvalidInput("outcome", _("The outcome must be one of: %(all)s.") % {"all": allowed})


def is_same_text(one: str, other: str) -> bool:
    """Return whether two notes are the same but for their line ends and blanks around them."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def check_version(task: Task, text: str, version: int | None) -> None:
    """Raise StaleDraft when a draft newer than `version` is stored that differs from the text."""
    is_older = version is not None and version < task.draft_version
    if is_older and not is_same_text(task.draft, text):
        message = _("There are newer notes for %s, from another tab or device.") % task.reference
        raise StaleDraft(message, task.draft, task.draft_version)


def check_started(task: Task) -> None:
    """Raise InvalidInput for a task that must be scanned first."""
    if task.started_at is None and task.queue.scan_to_start:
        message = _("Scan the label of %s first: its queue demands it.") % task.reference
        raise InvalidInput("scanned", message)


def check_same(task: Task, outcome: str | None, notes: str | None) -> None:
    """Raise AlreadyCompleted unless a completed task has this outcome and these notes."""
    if outcome in (None, task.outcome) and (notes is None or is_same_text(task.notes, notes)):
        return
    raise AlreadyCompleted(
        _("You completed %(task)s as %(outcome)s at %(at)s. Correct it to change that.")
        % {
            "task": task.reference,
            "outcome": task.get_outcome_display(),
            "at": clock(task.completed_at),
        }
    )


def locked_for(transition: str, task_id: int, by: User, reason: str = "") -> Task:
    """Lock a task for a transition; raise what forbids it now."""
    task = lock(task_id)
    guard(task, transition, by)
    if transition in NEED_REASON:
        require_reason(reason)
    return task


def guard(task: Task, transition: str, by: User) -> None:
    """Raise NotAllowed or InvalidTransition unless this user may do this transition now."""
    # A task that is back in its queue is refused for its status, not for missing rights.
    if not (transition in permissions.HOLDERS and task.assignee_id is None):
        permissions.check(by, transition, task)
    guard_state(task, transition)


def guard_state(task: Task, transition: str) -> None:
    """Raise InvalidTransition unless the status of a task allows this transition."""
    if task.status not in TRANSITIONS[transition]:
        raise InvalidTransition(
            _("%(task)s is %(status)s. This cannot be done with it now.")
            % {"task": task.reference, "status": task.get_status_display()}
        )
