"""The lease of an import: one worker at a time runs it, another one when that has died."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.core import leases
from qc.models import Import, ImportState
from qc.models.imports import RUNNING

# A job that has waited in the broker for this long counts as lost.
JOB_GRACE = timedelta(seconds=15)
# An import that has killed this many workers at the same row fails.
MOST_STARTS = 5


class LeaseLost(Exception):
    """The import was stopped, or another worker has acquired it."""


def enqueue(record: Import) -> None:
    """Set an import to wait for a worker, which begins at the first row; do not save it."""
    record.position = record.starts = 0
    record.worker, record.busy_until = "", timezone.now() + JOB_GRACE


def acquire(pk: int) -> Import | None:
    """Acquire an import; return None if it does not run, or another worker has it.

    Only one large import is carried on at a time: workers have other things to do as well.
    """
    running = Import.objects.filter(pk=pk, state__in=RUNNING)
    if running.filter(is_large=True).exists() and _is_large_one_held():
        return None
    start = {"began_at": timezone.now(), "began_from": F("position"), "starts": F("starts") + 1}
    if leases.acquire(running, unheld=Q(worker=""), worker=uuid.uuid4().hex, **start):
        return Import.objects.select_related("by", "undone_by").get(pk=pk)
    return None


def save_progress(record: Import, **columns: Any) -> None:
    """Save the progress of an import, and renew the lease. Raises LeaseLost."""
    mine = Import.objects.filter(pk=record.pk, worker=record.worker, state=record.state)
    if not leases.renew(mine, **columns):
        raise LeaseLost
    for name, value in columns.items():
        setattr(record, name, value)


def finish(record: Import, state: str, **columns: Any) -> None:
    """Save how an import ended, and end the lease. Raises LeaseLost."""
    save_progress(record, state=state, finished_at=timezone.now(), worker="", **columns)


def release(record: Import, *, counts: bool = True) -> None:
    """End the lease, so that another worker can carry the import on at once.

    It `counts` as one of the starts after which an import fails, unless the row is not to blame.
    """
    mine = Import.objects.filter(pk=record.pk, worker=record.worker)
    starts = record.starts if counts else max(record.starts - 1, 0)
    mine.update(worker="", busy_until=timezone.now(), starts=starts)


def abandoned() -> list[int]:
    """Return the import that needs a new job, if any: its worker died, or its job was lost."""
    now = timezone.now()
    expired = Import.objects.filter(state__in=RUNNING, busy_until__lt=now).order_by("pk")
    record = expired.first()
    if record is None or _is_large_one_held():
        return []
    still_expired = expired.filter(pk=record.pk)
    if record.starts >= MOST_STARTS:
        error = _("The worker process stopped %d times at the same row.") % record.starts
        still_expired.update(state=ImportState.FAILED, error=error, finished_at=now, worker="")
        return []
    still_expired.update(worker="", busy_until=now + JOB_GRACE)
    return [record.pk]


def _is_large_one_held() -> bool:
    held = Import.objects.filter(state__in=RUNNING, busy_until__gte=timezone.now(), is_large=True)
    return held.exclude(worker="").exists()
