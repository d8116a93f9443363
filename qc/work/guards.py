"""What must hold before a task changes: its status, who asks for it, and what they say.

Each raises what is wrong, in words. The holder is locked before the task, always in that order, so
that two changes can't wait for each other.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.checks import evidence, judging, recording
from qc.checks.check_input import CheckInput, of_draft
from qc.core.compiled_queries import Prepared, list_of
from qc.core.exceptions import (
    AlreadyCompleted,
    InvalidInput,
    InvalidTransition,
    NotFound,
    StaleDraft,
)
from qc.core.wording import clock
from qc.models import Outcome, PlanVersion, Queue, Status, Task, User

HOLDER = Prepared(lambda task: Task.objects.filter(pk=task).values_list("assignee"))
LOCKED_PERSON = Prepared(User.objects.locked)
# What is asked of the task's queue comes with it; the queue itself is not locked.
OF_QUEUE = ("name", "scan_to_start", "plan_id", "needs_defects", "counts_quantities")
LOCKED_TASK = Prepared(
    lambda task: (
        Task.objects.select_for_update()
        .filter(pk=task)
        .annotate(**{f"queue_{name}": Subquery(_of_queue(name)) for name in OF_QUEUE})
        .annotate(has_files=evidence.HAS_FILES)
    )
)
# What is still to be checked of a task when it is locked, by its id.
_checks: ContextVar[dict[int, Callable[[], None]] | None] = ContextVar("checks", default=None)
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
    "next": frozenset({Status.PENDING}),
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
        holder = next((person for (person,) in HOLDER.rows(task_id)), None)
        if holder is not None:
            lock_person(holder)
        task = lock_task(task_id)
        if task.assignee_id in (holder, None):
            return task


def lock_person(person_id: int) -> None:
    """Lock a person; only inside a transaction, and before any task."""
    LOCKED_PERSON.rows(person_id)


def locked_person(person_id: int) -> User | None:
    """Lock a person as `lock_person` does; return them as they are now, None if there is none."""
    person: User | None = LOCKED_PERSON.first(person_id)
    return person


@contextmanager
def checked_when_locked(task_id: int, check: Callable[[], None]) -> Iterator[None]:
    """Call `check` as soon as a task is locked inside, before it is changed.

    It raises what forbids that. So whoever has it checked need not lock the task themselves, before
    the people whom the change locks.
    """
    token = _checks.set({task_id: check})
    try:
        yield
    finally:
        _checks.reset(token)


def lock_task(task_id: int) -> Task:
    """Lock a task without locking its holder; only inside a transaction. Raises NotFound."""
    task: Task | None = LOCKED_TASK.first(task_id)
    if task is None:
        raise no_task(task_id)
    if check := (_checks.get() or {}).pop(task_id, None):
        check()
    known = [vars(task).pop(f"queue_{name}") for name in OF_QUEUE]
    task.queue = Queue.from_db(connection.alias, ("id", *OF_QUEUE), (task.queue_id, *known))
    return task


def no_task(task_id: int) -> NotFound:
    """Return the error for a task that does not exist."""
    return NotFound(_("There is no task %(id)s.") % {"id": task_id})


def _of_queue(column: str) -> QuerySet[Any, Any]:
    return Queue.objects.filter(pk=OuterRef("queue")).order_by().values(column)


def write_people(ids: Collection[int]) -> None:
    """Write the rows of people as they are, but for a microsecond; the caller has locked them.

    A Galera cluster compares what transactions wrote, not what they locked: of two that depend on
    the same person, on two nodes, each must write the row. One whose columns all stay the same
    would not be written, so `idle_since` moves by the least there is.
    """
    operations = connection.ops
    least = operations.format_for_duration_arithmetic("%s")
    moved = operations.combine_duration_expression("+", ["COALESCE(idle_since, %s)", least])
    now = operations.adapt_datetimefield_value(timezone.now())
    sql = f"UPDATE {User._meta.db_table} SET idle_since = {moved} WHERE id IN ({list_of(ids)})"  # noqa: S608
    # Without the ORM, which would take several times as long to build it.
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, 1])


def is_version(version: int, queue_id: int) -> bool:
    """Return whether this is the id of a version of the queue's check plan."""
    return PlanVersion.objects.filter(pk=version, queue=queue_id).exists()


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


def check_version(
    task: Task, text: str, version: int | None, check: CheckInput | None = None
) -> None:
    """Raise StaleDraft when a draft newer than `version` is stored that differs from what is sent.

    `check` is None where no answers are sent.
    """
    if version is None or version >= task.draft_version:
        return
    is_same_check = check is None or check == of_draft(task.draft_findings)
    if not is_same_check or not is_same_text(task.draft, text):
        message = _("There are newer notes for %s, from another tab or device.")
        if not is_same_check:
            message = _("There are newer answers for %s, from another tab or device.")
        raise StaleDraft(
            message % task.reference, task.draft, task.draft_version, task.draft_findings
        )


def check_started(task: Task) -> None:
    """Raise InvalidInput for a task that must be scanned first."""
    if task.started_at is None and task.queue.scan_to_start:
        message = _("Scan the label of %s first: its queue demands it.") % task.reference
        raise InvalidInput("scanned", message)


def check_same(
    task: Task, outcome: str | None, notes: str | None, check: CheckInput | None
) -> None:
    """Raise AlreadyCompleted unless a completed task has this outcome, these notes and findings."""
    is_same = outcome in (None, task.outcome) and (notes is None or is_same_text(task.notes, notes))
    if is_same and (check is None or is_same_check(task, check)):
        return
    raise AlreadyCompleted(
        _("You completed %(task)s as %(outcome)s at %(at)s. Correct it to change that.")
        % {
            "task": task.reference,
            "outcome": task.get_outcome_display(),
            "at": clock(task.completed_at),
        }
    )


def is_same_check(task: Task, check: CheckInput) -> bool:
    """Return whether a check that is sent again is the one of a completed task."""
    if check == recording.as_sent(task):
        return True
    try:
        again = judging.judged(task, check, task.outcome)
    except InvalidInput:
        return False
    return again.as_sent() == recording.as_sent(task)


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
