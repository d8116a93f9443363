"""What the hourly job deletes: files kept long enough, and files that no row knows any more."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from qc.checks.evidence import storage
from qc.checks.evidence.actions import event_details
from qc.checks.evidence.storage import Names
from qc.core.localization import for_the_record
from qc.models import AuditEvent, EventKind, Evidence, ItemPicture, Queue, Task

BATCH = 200
# So many days back it is looked for what was left behind. A young file may be about to get its row.
DAYS = 7
YOUNG = timedelta(hours=1)


def delete_old() -> int:
    """Remove the files of tasks that their queue keeps no longer; return how many.

    Each leaves its row and an event, as if somebody had removed it.
    """
    return sum(map(len, _old_batches()))


def delete_left_behind() -> int:
    """Delete what no row knows, and what is left of removed files; return how many.

    Such as the file of a request that was cut off between its file and its row.
    """
    for row in _half_removed():
        storage.discard(row)
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    return sum(_delete_unknown(day) for day in days)


def _old_batches() -> Iterator[Sequence[Evidence]]:
    for queue in Queue.objects.exclude(keep_files_for=None):
        old = Evidence.objects.filter(
            task__queue=queue,
            task__completed_at__lt=timezone.now() - (queue.keep_files_for or timedelta()),
            removed_at=None,
        )
        while ids := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            yield _remove_batch(ids, queue)


@transaction.atomic
def _remove_batch(ids: Sequence[int], queue: Queue) -> Sequence[Evidence]:
    rows = Evidence.objects.select_for_update().filter(pk__in=ids, removed_at=None)
    removed = list(rows.order_by("pk"))
    rows.update(removed_at=timezone.now())
    references = dict(
        Task.objects.filter(pk__in={row.task_id for row in removed}).values_list("pk", "reference")
    )
    reason = _reason(queue)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            kind=EventKind.EVIDENCE_REMOVED,
            details={
                "task": references[row.task_id],
                "task_id": row.task_id,
                **event_details(row),
                "reason": reason,
            },
        )
        for row in removed
    )
    for row in removed:
        transaction.on_commit(partial(storage.discard, row))
    return removed


def _reason(queue: Queue) -> str:
    days = queue.keep_files_for.days if queue.keep_files_for else 0
    with for_the_record():
        return ngettext("kept for %d day", "kept for %d days", days) % days


def _half_removed() -> Iterable[Evidence]:
    """Return the rows removed lately whose file is still there."""
    since = timezone.now() - timedelta(days=DAYS)
    events = AuditEvent.objects.filter(
        kind=EventKind.EVIDENCE_REMOVED, history_date__gte=since
    ).values_list("details", flat=True)
    ids = [details["evidence"] for details in events]
    return Evidence.objects.filter(pk__in=ids, removed_at__isnull=False).exclude(file="")


def _delete_unknown(day: date) -> int:
    names = set(storage.names_of_day(day))
    unknown = [name for name in names - _known(day) if _is_old(name)] if names else []
    for name in unknown:
        storage.delete(Names(name))
    return len(unknown)


def _known(day: date) -> set[str]:
    """Return the names in the rows of a day; the row of a file is written soon after it."""
    begin = datetime.combine(day, time(), UTC)
    days = (begin, begin + timedelta(days=2))
    found = (model.objects.filter(added_at__range=days) for model in (Evidence, ItemPicture))
    return {
        name for rows in found for names in rows.values_list("file", "thumbnail") for name in names
    }


def _is_old(name: str) -> bool:
    try:
        return storage.files().get_modified_time(name) < timezone.now() - YOUNG
    except FileNotFoundError:
        return False
