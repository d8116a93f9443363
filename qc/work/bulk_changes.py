"""One change of all tasks that match: begun once, then carried on batch by batch.

Each task is changed by `qc.work.actions` or `qc.work.edits`, with its own history row. The tasks
are chosen at the beginning. Several requests may carry it on, even at the same time: its position
is stored, and each batch is done by one of them only.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from qc import permissions
from qc.core import leases
from qc.core.exceptions import Busy, QCError
from qc.models import BulkChange, Task, User
from qc.models.tasks import UNASSIGNED_FIRST
from qc.work import actions, edits, guards

CHANGES: dict[str, Callable[..., Task]] = {
    "hold": actions.hold,
    "resume": actions.resume,
    "cancel": actions.cancel,
    "move": edits.move,
    "priority": edits.set_priority,
    "due": edits.set_due,
}
EDITS = ("move", "priority", "due")
# The columns that these set.
EDITED = ("queue_id", "priority", "due_at")
# How a value of a change is read from its JSON.
READ: dict[str, Callable[[str], Any]] = {"due_at": datetime.fromisoformat}
# The most tasks that can be changed; the most in a request, and its longest time.
MOST_TASKS = 100_000
BATCH = 200
SECONDS = 2.0
# Tasks after which the position is saved, and a stopped change ends.
STEP = 20
REFUSALS_KEPT = 20
KEPT = timedelta(days=7)
PROGRESS = ("position", "changed", "refused", "refusals")


def matching(transition: str, tasks: QuerySet[Task], **values: Any) -> QuerySet[Task]:
    """Return the tasks that a change would change, at most `MOST_TASKS`.

    Their status allows it, and they do not have all these values already.
    """
    tasks = tasks.filter(status__in=guards.TRANSITIONS[_kind(transition)])
    return differing(tasks, values).order_by(*UNASSIGNED_FIRST)[:MOST_TASKS]


def differing(tasks: QuerySet[Task], values: dict[str, Any]) -> QuerySet[Task]:
    """Return the tasks that do not have the values of an edit already, if it has any."""
    columns = {name: one for name, one in values.items() if name in EDITED}
    if "priority" in columns:
        columns["raised"] = 0  # a raised priority is not an original one
    return tasks.exclude(**columns) if columns else tasks


def begin(
    transition: str, tasks: QuerySet[Task], *, by: User, reason: str, **values: Any
) -> BulkChange:
    """Choose the tasks to change, without changing them. Raises NotAllowed, InvalidInput."""
    permissions.check_manager(by)
    if _kind(transition) in guards.NEED_REASON:
        guards.require_reason(reason)
    ids = list(matching(transition, tasks, **values).values_list("pk", flat=True))
    return BulkChange.objects.create(
        transition=transition,
        reason=reason,
        values={name: _as_json(one) for name, one in values.items()},
        by=by,
        tasks=ids,
        total=len(ids),
        refusals=[],
    )


def carry_on(change: BulkChange, position: int, *, by: User) -> BulkChange:
    """Change the batch at this position, unless another request does or did; return the change."""
    permissions.check_manager(by)
    here = BulkChange.objects.filter(pk=change.pk, position=position, is_stopped=False)
    if leases.acquire(here, unheld=Q(busy_until=None)):
        change.refresh_from_db()
        _run_batch(change, by)
        BulkChange.objects.filter(pk=change.pk).update(busy_until=None)
    change.refresh_from_db()
    return change


def stop(change: BulkChange) -> None:
    """Stop a bulk change; what it has changed so far stays."""
    BulkChange.objects.filter(pk=change.pk).update(is_stopped=True)


def unfinished(by: Any) -> BulkChange | None:
    """Return the unfinished change that this manager began last, or None."""
    begun = BulkChange.objects.filter(by=by, is_stopped=False, position__lt=F("total"))
    return begun.defer("tasks").order_by("-pk").first()


def delete_expired() -> int:
    """Delete changes begun more than `KEPT` ago: the history of each task has their outcome."""
    return BulkChange.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _run_batch(change: BulkChange, by: User) -> None:
    until = time.monotonic() + SECONDS
    end = min(change.position + BATCH, change.total)
    while change.position < end and not change.is_stopped:
        is_busy = not _run_step(change, min(change.position + STEP, end), by)
        change.save(update_fields=PROGRESS)
        change.refresh_from_db(fields=["is_stopped"])
        if is_busy or time.monotonic() > until:
            break


def _run_step(change: BulkChange, end: int, by: User) -> bool:
    """Change the tasks up to this position; return False at one that somebody else holds locked.

    That is no refusal: it goes to the end, and is tried again after all others. Who waits for the
    page has waited long enough by then.
    """
    for pk in change.tasks[change.position : end]:
        try:
            _change_one(change, pk, by)
        except Busy:
            change.tasks = [*(task for task in change.tasks if task != pk), pk]
            change.save(update_fields=["tasks"])
            return False
        change.position += 1
    return True


def _change_one(change: BulkChange, pk: int, by: User) -> None:
    """Change a task, or note why that is refused. Raises Busy."""
    run = CHANGES[change.transition]
    values = {name: READ.get(name, _as_it_is)(one) for name, one in change.values.items()}
    try:
        run(pk, by=by, reason=change.reason, **values)
        change.changed += 1
    except Busy:
        raise
    except QCError as error:
        change.refused += 1
        if len(change.refusals) < REFUSALS_KEPT:
            change.refusals.append(str(error))


def _kind(change: str) -> str:
    return "edit" if change in EDITS else change


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _as_it_is(value: Any) -> Any:
    return value
