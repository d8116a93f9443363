"""One transition for all tasks that match: begun once, then carried on batch by batch.

Each task is changed by `qc.work.actions`, with its own history row. The tasks are chosen at the
beginning. Several requests may carry it on, even at the same time: its position is stored, and each
batch is done by one of them only.
"""

import time
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from qc import permissions
from qc.core import leases
from qc.core.exceptions import QCError
from qc.models import BulkChange, Task, User
from qc.models.tasks import UNASSIGNED_FIRST
from qc.work import actions, lifecycle

TRANSITIONS = {"hold": actions.hold, "resume": actions.resume, "cancel": actions.cancel}
# The most tasks that can be changed; the most in a request, and its longest time.
MOST_TASKS = 100_000
BATCH = 200
SECONDS = 2.0
# Tasks after which the position is saved, and a stopped change ends.
STEP = 20
REFUSALS_KEPT = 20
KEPT = timedelta(days=7)
PROGRESS = ("position", "changed", "refused", "refusals")


def matching(transition: str, tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return the tasks whose status allows a transition, at most `MOST_TASKS`."""
    return tasks.filter(status__in=lifecycle.TRANSITIONS[transition]).order_by(*UNASSIGNED_FIRST)[
        :MOST_TASKS
    ]


def begin(transition: str, tasks: QuerySet[Task], *, by: User, reason: str) -> BulkChange:
    """Choose the tasks to change, without changing them. Raises NotAllowed, InvalidInput."""
    permissions.check_manager(by)
    if transition in lifecycle.NEED_REASON:
        lifecycle.require_reason(reason)
    ids = list(matching(transition, tasks).values_list("pk", flat=True))
    return BulkChange.objects.create(
        transition=transition, reason=reason, by=by, tasks=ids, total=len(ids), refusals=[]
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
        for pk in change.tasks[change.position : min(change.position + STEP, end)]:
            _change_one(change, pk, by)
            change.position += 1
        change.save(update_fields=PROGRESS)
        change.refresh_from_db(fields=["is_stopped"])
        if time.monotonic() > until:
            break


def _change_one(change: BulkChange, pk: int, by: User) -> None:
    run: Any = TRANSITIONS[change.transition]
    try:
        run(pk, by=by, reason=change.reason)
        change.changed += 1
    except QCError as error:
        change.refused += 1
        if len(change.refusals) < REFUSALS_KEPT:
            change.refusals.append(str(error))
