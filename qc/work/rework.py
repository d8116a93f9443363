"""What follows from a check that found something: a rework, and after it a reinspection.

A chain begins with the first task; each that follows names the one before it as its `origin`. A
rework is made by people. The reinspection is made with the completion of the rework, in the same
transaction, in the queue of the first task.

    LOT-1 failed → LOT-1/R1 reworked → LOT-1/I1 failed → LOT-1/R2 …
"""

from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qc import history, permissions
from qc.checks import quantities
from qc.core.exceptions import InvalidTransition, NotAllowed
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import (
    ChangeKind,
    DefectCode,
    HandBack,
    Outcome,
    Purpose,
    Queue,
    Reinspector,
    Status,
    Task,
    User,
)
from qc.models.tasks import begins_with
from qc.work import assignment, edits, guards, lifecycle
from qc.work.lifecycle import Assignment
from qc.work.matching import offer

# What the reference of the first task gets; so many of its characters are kept.
LETTERS = {Purpose.REWORK: "R", Purpose.REINSPECTION: "I"}
KEPT = 56
# From a task up to the first of its chain, and from there down to all that follow.
CHAIN = """
    WITH RECURSIVE
    up (id, origin_id) AS (
        SELECT id, origin_id FROM qc_task WHERE id = %s
        UNION ALL
        SELECT older.id, older.origin_id FROM qc_task older JOIN up ON older.id = up.origin_id
    ),
    down (id) AS (
        SELECT id FROM up WHERE origin_id IS NULL
        UNION ALL
        SELECT newer.id FROM qc_task newer JOIN down ON newer.origin_id = down.id
    )
    SELECT id FROM down
"""


def make(task_id: int, *, by: User, **wanted: Any) -> Task:
    """Make the rework of a task that failed, and offer it to whoever is free; return it.

    `wanted` is what `_make` takes.
    """
    rework = _make(task_id, by=by, **wanted)
    if rework.status == Status.PENDING:
        offer([rework.queue_id])
    return rework


def may_make(task: Task, by: User) -> bool:
    """Return whether this user can have a rework made of a task as it is now."""
    fits = Purpose.REWORK in _may_follow(task) and permissions.may_rework(by, task)
    return fits and not _followers(task).filter(purpose=Purpose.REWORK).exists()


def chain(task: Task) -> list[Task]:
    """Return a task's whole chain, the first task first; nothing where it has none.

    Nothing is read of a task that follows from none and did not fail.
    """
    if task.origin_id is None and task.outcome in ("", Outcome.PASSED):
        return []
    ids = _ids_of_chain(task)
    if len(ids) == 1:
        return []
    tasks = Task.objects.filter(pk__in=ids).select_related("queue", "assignee")
    return list(tasks.order_by("created_at", "pk"))


def reinspect(task: Task, *, by: User) -> None:
    """Make the reinspection of a rework that was just completed, unless it has one already."""
    if Purpose.REINSPECTION not in _may_follow(task):
        return
    if not _followers(task).filter(purpose=Purpose.REINSPECTION).exists():
        _make_reinspection(task, by)


def take_back(task: Task, *, by: User) -> None:
    """Cancel what follows from a task, and must not as it is now: it is open again, or corrected.

    Raises InvalidTransition where somebody has begun that.
    """
    may_stay = _may_follow(task)
    for pk in _followers(task).exclude(purpose__in=may_stay).values_list("pk", flat=True):
        _cancel(guards.lock(pk), task, by)


@retrying
def reopen(task_id: int, *, by: User, reason: str) -> Task:
    """Reopen a task as `lifecycle.reopen` does; what follows from it is cancelled."""
    task = lifecycle.reopen(task_id, by=by, reason=reason)
    take_back(task, by=by)
    return task


@retrying
def _make(  # noqa: PLR0913
    task_id: int,
    *,
    by: User,
    instructions: str = "",
    queue_id: int | None = None,
    person_id: int | None = None,
    due_at: datetime | None = None,
) -> Task:
    """Make a rework, and assign it where a person is named; for managers, and for its checker.

    The queue is that which the failed task's queue names, or that queue itself. Without
    instructions it has what the check found. Nothing is made the second time somebody asks for the
    same. Raises NotFound, NotAllowed, InvalidInput, InvalidTransition, NotEligible.
    """
    if queue_id or person_id or due_at:
        permissions.check_manager(by)
    queue = edits.open_queue(queue_id or _usual_queue(task_id))
    if person_id:
        guards.lock_person(person_id)
    failed = guards.lock_task(task_id)
    _check(failed, by)
    instructions = instructions.strip() or what_failed(failed)
    if made := _followers(failed).filter(purpose=Purpose.REWORK).first():
        return _same(made, failed, by, instructions)
    rework = _following(failed, _first(failed), Purpose.REWORK, queue=queue)
    rework.instructions, rework.lot_size = instructions, _lot_to_mend(failed)
    if due_at:
        edits.check_due_at(due_at)
        rework.due_at = due_at
    reason = _add(rework, by)
    if person_id:
        return assignment.assign(rework.pk, person_id, by=by, reason=reason)
    return rework


def what_failed(task: Task) -> str:
    """Return what a completed check found, a defect on each line, and its notes."""
    found = (task.findings or {}).get("defects", [])
    with for_the_record():
        codes = DefectCode.objects.in_bulk([one["code"] for one in found], field_name="code")
        names = {name: str(code) for name, code in codes.items()}
    lines = [
        f"{one['quantity']} × {names.get(one['code'], one['code'])}"
        + (f": {one['note']}" if one["note"] else "")
        for one in found
    ]
    return "\n".join(filter(None, [*lines, task.notes]))


def _may_follow(task: Task) -> set[str]:
    """Return the purposes of what may follow from a task as it is now."""
    if task.status != Status.COMPLETED:
        return set()
    found: set[str] = {Purpose.REWORK} if task.outcome != Outcome.PASSED else set()
    is_mended = task.purpose == Purpose.REWORK and task.outcome != Outcome.FAILED
    return found | {Purpose.REINSPECTION} if is_mended else found


def _check(failed: Task, by: User) -> None:
    if not permissions.may_rework(by, failed):
        raise NotAllowed(_("Only a manager may have %s reworked.") % failed.reference)
    if Purpose.REWORK not in _may_follow(failed):
        message = _("%s is no failed check: there is nothing to rework.")
        raise InvalidTransition(message % failed.reference)


def _same(made: Task, failed: Task, by: User, instructions: str) -> Task:
    """Return the rework that is there, if it is what somebody asks for once more."""
    if (made.created_by_id, made.instructions) == (by.pk, instructions):
        return made
    message = _("%(task)s has a rework already: %(rework)s, made by %(person)s.")
    names = {"task": failed.reference, "rework": made.reference, "person": made.created_by}
    raise InvalidTransition(message % names)


def _usual_queue(task_id: int) -> int:
    queue = Queue.objects.select_related("rework_queue").filter(tasks=task_id).first()
    if queue is None:
        raise guards.no_task(task_id)
    return (queue.rework_queue or queue).successor.pk


def _followers(task: Task) -> QuerySet[Task]:
    """Return what follows from a task itself and is not cancelled."""
    return Task.objects.filter(origin=task).exclude(status=Status.CANCELLED)


def _following(origin: Task, first: Task, purpose: Purpose, queue: Queue) -> Task:
    """Return a new task of a chain, not saved yet: what is checked is that of the first."""
    return Task(
        reference=_reference(first, purpose),
        name=first.name,
        link=first.link,
        details=first.details,
        priority=first.priority + first.raised,
        purpose=purpose,
        origin=origin,
        queue=queue,
    )


def _reference(first: Task, purpose: Purpose) -> str:
    """Return the next free reference that is made from that of the first task."""
    stem = f"{first.reference[:KEPT]}/{LETTERS[purpose]}"
    taken = set(Task.objects.filter(begins_with(stem)).values_list("reference", flat=True))
    return next(name for name in (f"{stem}{n}" for n in count(1)) if name not in taken)


def _add(task: Task, by: User) -> str:
    """Save a new task of a chain, with its row of history; return the reason that this has."""
    task.created_by = by
    task.arrive(task.created_at)
    sentences = {
        Purpose.REWORK: gettext_noop("rework of %s"),
        Purpose.REINSPECTION: gettext_noop("reinspection after %s"),
    }
    with for_the_record():
        reason = _(sentences[Purpose(task.purpose)]) % task.origin.reference  # type: ignore[union-attr]
    history.save(task, kind="", by=by, reason=reason)
    return reason


def _lot_to_mend(failed: Task) -> int | None:
    """Return how many are to be mended: those rejected where others passed, else the whole lot."""
    return failed.rejected if failed.outcome == Outcome.PARTIAL else failed.lot_size


def _make_reinspection(rework: Task, by: User) -> None:
    """Make it in the queue of the first task; that of the rework has it where that is closed."""
    first = _first(rework)
    queue = first.queue.successor
    queue = rework.queue if queue.is_closed else queue
    task = _following(rework, first, Purpose.REINSPECTION, queue)
    accepted = quantities.accepted(rework)
    task.instructions = first.instructions
    task.lot_size = rework.lot_size if accepted is None else accepted
    who = first.queue.reinspected_by
    if who == Reinspector.OTHER:
        task.released_by_id = first.assignee_id
    reason = _add(task, by)
    if who == Reinspector.OTHER:
        # Neither who checked it first gets it by itself, nor who reworked it.
        for person in {first.assignee_id, rework.assignee_id}:
            HandBack.objects.get_or_create(task=task, person_id=person)
    if who == Reinspector.SAME and _give(task, first.assignee_id, reason):
        return
    transaction.on_commit(partial(offer, [queue.pk]), robust=True)


def _give(task: Task, person_id: int | None, reason: str) -> bool:
    """Assign a new task to a person who is free now; return whether they were.

    Tasks are locked already, so this waits for no person: who is locked just now is not free.
    """
    unlocked = User.objects.select_for_update(skip_locked=True).filter(pk=person_id)
    person = unlocked.doing_qc().first()
    if person is None or not person.takes_work:
        return False
    used = Task.objects.held().filter(assignee=person).order_by().values_list("slot", flat=True)
    slots = assignment.free_slots(person.capacity, [slot for slot in used if slot])
    if slots:
        found = Assignment(task, person, slots[0], reason)
        lifecycle.assign(found, by=None, kind=ChangeKind.ASSIGNED)
    return bool(slots)


def _cancel(follower: Task, task: Task, by: User) -> None:
    if follower.status not in Task.LIVE or follower.started_at is not None:
        message = _("%(follower)s follows from %(task)s and was begun already. Ask a manager.")
        names = {"follower": follower.reference, "task": task.reference}
        raise InvalidTransition(message % names)
    former = follower.assignee_id
    with for_the_record():
        reason = _("%s is open again, or was corrected") % task.reference
    lifecycle.withdraw(follower, by=by, reason=reason)
    if former:
        guards.write_people([former])
        transaction.on_commit(partial(assignment.hand_out, former), robust=True)


def _first(task: Task) -> Task:
    """Return the first task of a chain, locked: of several who add to a chain, one goes first."""
    if task.origin_id is None:
        return task
    ids = _ids_of_chain(task)
    return Task.objects.select_for_update().get(pk__in=ids, origin=None)


def _ids_of_chain(task: Task) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, [task.pk])
        return [pk for (pk,) in cursor.fetchall()]
