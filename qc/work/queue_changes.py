"""Queues come to an end: one is merged into another, or closed when nothing is left to do in it.

A merge closes the queue and adds its people to the other one in a transaction; its tasks follow in
batches, most urgent first, so that none of these holds up the others. What a request leaves, the
sweep moves. They raise NotAllowed, NotFound, InvalidInput and InvalidTransition.
"""

from collections.abc import Collection

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import history, permissions
from qc.checks import defect_codes
from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import ORDER_OF_WORK, ChangeKind, Queue, Status, Task, User
from qc.work import edits, faults, guards
from qc.work.matching import offer

BATCH = 500
# The most tasks that a request moves, or one sweep.
MOST_AT_ONCE = 2_000


def merge(queue_id: int, into_id: int, *, by: User, reason: str) -> Queue:
    """Merge a queue into another, which gets its people and tasks; return the other one."""
    queue = _join(queue_id, into_id, by=by, reason=reason)
    _move_tasks(queue, by=by, reason=reason)
    return queue.successor


@retrying
def close(queue_id: int, *, by: User, reason: str) -> Queue:
    """Close a queue in which nothing is to be done; its finished tasks stay in it."""
    queue = _locked(queue_id, by, reason)[queue_id]
    _check_open(queue)
    if left := Task.objects.filter(queue=queue, status__in=Task.LIVE).count():
        raise InvalidTransition(_still_to_do(left) % {"queue": queue, "n": left})
    queue.is_closed = True
    history.save(queue, kind=ChangeKind.CLOSED, by=by, reason=reason, fields=["is_closed"])
    return queue


@retrying
def reopen(queue_id: int, *, by: User, reason: str) -> Queue:
    """Reopen a closed queue with the people that it had; not one that was merged."""
    queue = _locked(queue_id, by, reason)[queue_id]
    if queue.merged_into:
        raise InvalidTransition(_closed(queue))
    if queue.is_closed:
        queue.is_closed = False
        history.save(queue, kind=ChangeKind.REOPENED, by=by, reason=reason, fields=["is_closed"])
    return queue


def is_kept(queue: Queue) -> bool:
    """Return whether a queue must not be deleted, as the history of tasks or queues names it."""
    had_a_task = Task.history.filter(queue=queue).exists() or queue.tasks.exists()
    is_named = queue.merged.exists() or queue.plan_versions.exists() or _gets_reworks(queue)
    # A code that is left without its queue would be one of all queues.
    return queue.is_closed or had_a_task or is_named or queue.defect_codes.exists()


def why_kept(queue: Queue) -> str:
    """Return in words why a queue must not be deleted."""
    if queue.is_closed:
        return _("%(queue)s is closed, so it can't be deleted.") % {"queue": queue}
    if n := queue.tasks.count():
        return _has_tasks(n) % {"queue": queue, "n": n}
    if merged := queue.merged.first():
        text = _("%(merged)s was merged into %(queue)s, so it can't be deleted. Close it instead.")
        return text % {"merged": merged, "queue": queue}
    return _why_needed(queue) % {"queue": queue}


def _why_needed(queue: Queue) -> str:
    """Return the sentence that says what else still needs a queue, or that it had tasks."""
    if queue.defect_codes.exists():
        return _("%(queue)s has defect codes, so it can't be deleted. Take it from these first.")
    if _gets_reworks(queue):
        return _("%(queue)s gets the reworks of others, so it can't be deleted. Close it instead.")
    if queue.plan_versions.exists():
        return _("%(queue)s had a check plan, so it can't be deleted. Close it instead.")
    return _("%(queue)s had tasks, so it can't be deleted. Close it instead.")


def move_leftovers() -> int:
    """Move tasks that are still in queues that were merged; return how many."""
    merged_ones = Queue.objects.filter(merged_into__isnull=False)
    merged = {queue.pk: queue for queue in faults.readable(merged_ones)}
    # With the ids in it this is one seek for each queue and status; a subquery would read what is
    # completed, too.
    left = Task.objects.filter(queue__in=list(merged), status__in=Task.LIVE).order_by()
    if not left.values_list("pk")[:1]:
        return 0
    name = faults.named(Queue)
    return faults.each(_move_rest, merged.values(), lambda queue: name(queue.pk))


def _gets_reworks(queue: Queue) -> bool:
    return Queue.objects.filter(rework_queue=queue).exclude(pk=queue.pk).exists()


@retrying
def _join(queue_id: int, into_id: int, *, by: User, reason: str) -> Queue:
    """Close a queue as merged into another, and add its people to that one."""
    queues = _locked(queue_id, by, reason, into_id)
    queue, into = queues[queue_id], queues[into_id]
    if queue == into:
        raise InvalidInput("into", _("A queue can't be merged into itself."))
    _check_open(queue)
    if into.is_closed:
        raise InvalidInput("into", _closed(into))
    people = list(queue.people.all())
    with history.without_history(queue), history.without_history(into):
        into.people.add(*people)
        queue.people.clear()
    queue.is_closed, queue.merged_into = True, into
    with for_the_record():
        also = _("%(queue)s: %(reason)s") % {"queue": queue, "reason": reason}
    defect_codes.also_in(into, queue, by=by)
    columns = ["is_closed", "merged_into"]
    history.save(queue, kind=ChangeKind.CLOSED, by=by, reason=reason, fields=columns)
    history.record_many([into], kind=ChangeKind.MERGED, by=by, reasons=[also])
    return queue


def _move_rest(queue: Queue) -> int:
    return _move_tasks(queue, by=None, reason=_reason_of(queue))


def _move_tasks(queue: Queue, *, by: User | None, reason: str) -> int:
    """Move at most `MOST_AT_ONCE` tasks of a merged queue, and offer them to whoever is free."""
    moved, into = 0, queue.successor
    while moved < MOST_AT_ONCE and (ids := _most_urgent(queue)):
        moved += _move_batch(queue, into, ids, by=by, reason=reason)
    if moved:
        offer([into.pk])
    return moved


def _most_urgent(queue: Queue) -> list[int]:
    """Return the ids of tasks to move first: those that somebody holds, then those that wait."""
    ids: list[int] = []
    for status in (Status.ASSIGNED, Status.PENDING, Status.ON_HOLD):
        tasks = Task.objects.filter(queue=queue, status=status).order_by(*ORDER_OF_WORK)
        ids += tasks.values_list("pk", flat=True)[: BATCH - len(ids)]
    return ids


@retrying
def _move_batch(
    queue: Queue, into: Queue, ids: Collection[int], *, by: User | None, reason: str
) -> int:
    """Move these tasks, unless they were finished or moved meanwhile; return how many it did."""
    unfinished = Task.objects.filter(pk__in=ids, queue=queue, status__in=Task.LIVE)
    tasks = list(unfinished.order_by("pk").select_for_update())
    for task in tasks:
        task.queue, task.next_for, task.next_at = into, None, None
    moved = Task.objects.filter(pk__in=[task.pk for task in tasks])
    moved.update(queue=into, next_for=None, next_at=None)
    reasons = [reason] * len(tasks)
    history.record_many(tasks, kind=ChangeKind.MOVED, by=by, reasons=reasons)
    return len(tasks)


def _locked(queue_id: int, by: User, reason: str, *others: int) -> dict[int, Queue]:
    """Check the user and the reason; return these queues by id, locked in their order."""
    permissions.check_manager(by)
    guards.require_reason(reason)
    locked = Queue.objects.select_for_update().filter(pk__in=[queue_id, *others]).order_by("pk")
    found = {queue.pk: queue for queue in locked}
    if missing := {queue_id, *others} - set(found):
        raise NotFound(_("There is no queue %(id)s.") % {"id": missing.pop()})
    return found


def _check_open(queue: Queue) -> None:
    if queue.is_closed:
        raise InvalidTransition(_closed(queue))


def _closed(queue: Queue) -> str:
    if queue.merged_into:
        names = {"queue": queue, "into": queue.merged_into}
        return _("%(queue)s is closed: it was merged into %(into)s.") % names
    open_ones = edits.named(Queue.objects.open())
    return _("%(queue)s is closed. Choose one of: %(open)s.") % {"queue": queue, "open": open_ones}


def _has_tasks(n: int) -> str:
    return ngettext(
        "%(queue)s has one task, so it can't be deleted. Close it instead.",
        "%(queue)s has %(n)d tasks, so it can't be deleted. Close it instead.",
        n,
    )


def _still_to_do(n: int) -> str:
    return ngettext(
        "%(queue)s has one task to be done. Complete, cancel or move it first, or merge the "
        "queue into another one.",
        "%(queue)s has %(n)d tasks to be done. Complete, cancel or move them first, or merge the "
        "queue into another one.",
        n,
    )


def _reason_of(queue: Queue) -> str:
    """Return the reason for which a queue was merged."""
    closed = queue.history.filter(kind=ChangeKind.CLOSED).order_by("-history_id")
    return closed.values_list("history_change_reason", flat=True).first() or ""
