"""Who carries an import on: one at a time, by a lease that whoever dies lets run out."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.models import Import, ImportState
from qc.models.imports import RUNNING

LEASE = timedelta(minutes=1)
# How long a job waits in the broker before it is asked for again.
PATIENCE = timedelta(seconds=15)
# What kills so many workers in a row before it gets any further is not begun again.
MOST_STARTS = 5


class Lost(Exception):
    """It was stopped, or has gone to another worker."""


def ask(record: Import) -> None:
    """Let a record wait for whoever carries it on, from its beginning; does not save it."""
    record.position = record.starts = 0
    record.worker, record.busy_until = "", timezone.now() + PATIENCE


def take(pk: int) -> Import | None:
    """Take an import that runs and that nobody has; return None if there is nothing to take.

    Of large ones only one is carried on at a time: workers have other things to do as well.
    """
    now = timezone.now()
    free = Import.objects.filter(pk=pk, state__in=RUNNING).filter(
        Q(worker="") | Q(busy_until__lt=now)
    )
    if free.filter(is_large=True).exists() and _is_one_at_work():
        return None
    taken = free.update(
        worker=uuid.uuid4().hex,
        busy_until=now + LEASE,
        starts=F("starts") + 1,
        began_at=now,
        began_from=F("position"),
    )
    return Import.objects.select_related("by", "undone_by").get(pk=pk) if taken else None


def hold(record: Import, **columns: Any) -> None:
    """Write how far it came, and prolongs the lease. Raises Lost where it is theirs no more."""
    columns["busy_until"] = timezone.now() + LEASE
    mine = Import.objects.filter(pk=record.pk, worker=record.worker, state=record.state)
    if not mine.update(**columns):
        raise Lost
    for name, value in columns.items():
        setattr(record, name, value)


def let_go(record: Import) -> None:
    """Let another carry it on at once."""
    mine = Import.objects.filter(pk=record.pk, worker=record.worker)
    mine.update(worker="", busy_until=timezone.now())


def left() -> list[int]:
    """Return which import is to be asked for again: its worker died, or its job was lost."""
    now = timezone.now()
    expired = Import.objects.filter(state__in=RUNNING, busy_until__lt=now).order_by("pk")
    record = expired.first()
    if record is None or _is_one_at_work():
        return []
    if record.starts >= MOST_STARTS:
        why = _("The worker process stopped %d times at the same row.") % record.starts
        expired.filter(pk=record.pk).update(
            state=ImportState.FAILED, error=why, finished_at=now, worker=""
        )
        return []
    expired.filter(pk=record.pk).update(worker="", busy_until=now + PATIENCE)
    return [record.pk]


def _is_one_at_work() -> bool:
    at_work = Import.objects.filter(state__in=RUNNING, busy_until__gte=timezone.now())
    return at_work.filter(is_large=True).exclude(worker="").exists()
