"""The log of what happened to tasks: numbers the rows of their history in the order they appear.

The history is the outbox: each change of a task writes its row in its own transaction. But a row
gets its id before its transaction commits, so whoever reads by that id may miss some. The log gives
each row another id once it is there: one process at a time adds to it, so its ids rise in the order
in which they can be read.

Rows are looked for above the newest one that was there a minute ago, and once a minute above the
newest of an hour ago, as no transaction lasts longer (`qc.audit.seals.sealing`). Before a row of a
task is added, all earlier ones of that task are: so its events are in their order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from qc.core.compiled_queries import list_of
from qc.core.transactions import retrying
from qc.models import Task, TaskEvent, TaskEventLog
from qc.webhooks import types

BATCH = 2000
# How old a floor becomes at least before the next one takes its place.
NEAR, FAR = timedelta(minutes=1), timedelta(hours=1)
# How long events stay in the log.
KEPT = timedelta(days=7)
LOG = 1

Rows = Sequence[tuple[int, int]]


def collect() -> int:
    """Add the new rows of history to the log; return how many. If another process does, it does."""
    log = TaskEventLog.objects.filter(pk=LOG).first()
    if log is None:
        _begin()
        return 0
    if not (_is_search_due(log) or _missing(log.floor).exists()):
        return 0
    rows = _collect_batch(above=0)
    n = len(rows)
    while len(rows) >= BATCH:
        rows = _collect_batch(above=rows[-1])
        n += len(rows)
    return n


def newest() -> int:
    """Return the id of the newest event."""
    last = TaskEvent.objects.aggregate(last=Max("pk"))["last"]
    return int(last or _deleted_upto())


def is_expired(event: int) -> bool:
    """Return whether events that followed this one are deleted already."""
    return event < _deleted_upto()


def delete_old() -> int:
    """Delete the events that have been kept long enough; return how many."""
    old = TaskEvent.objects.filter(collected_at__lt=timezone.now() - KEPT)
    if (last := old.aggregate(last=Max("pk"))["last"]) is None:
        return 0
    TaskEventLog.objects.filter(pk=LOG).update(deleted_upto=last)
    return sum(iter(_delete_batch(last), 0))


def _delete_batch(last: int) -> Any:
    def delete_batch() -> int:
        ids = list(TaskEvent.objects.filter(pk__lte=last).values_list("pk", flat=True)[:BATCH])
        return TaskEvent.objects.filter(pk__in=ids).delete()[0]

    return delete_batch


def _deleted_upto() -> int:
    return TaskEventLog.objects.filter(pk=LOG).values_list("deleted_upto", flat=True).first() or 0


def _begin() -> None:
    """Let the log begin with what happens from now on."""
    upto = _newest_row()
    floors = dict.fromkeys(("floor", "next_floor", "far_floor", "next_far_floor"), upto)
    TaskEventLog.objects.get_or_create(pk=LOG, defaults=floors)


@retrying
def _collect_batch(above: int) -> list[int]:
    """Add some rows, those of each task in their order; return them, the last one last.

    `above` is the last row of the batch before: what appears late below it is found the next time.
    """
    logs = TaskEventLog.objects.select_for_update(skip_locked=True)
    log, now = logs.filter(pk=LOG).first(), timezone.now()
    if log is None:
        return []
    _leave_out_what_is_old(log, now)
    found = _appeared_late(log) if _is_search_due(log) else []
    # A search that finds as many as it takes goes on in the next batch.
    is_over = len(found) < BATCH
    if not found:
        new = list(_missing(max(log.floor, above))[:BATCH])
        found = [*_earlier(log, new), *new]
    if found:
        _insert([row for row, _task in found], now)
    if is_over:
        _move_floors(log, now)
    log.collected_at = now
    log.save()
    return [row for row, _task in found]


def _is_search_due(log: TaskEventLog) -> bool:
    return abs(timezone.now() - log.searched_far_at) >= NEAR


def _appeared_late(log: TaskEventLog) -> list[tuple[int, int]]:
    """Return rows that have appeared late, with their tasks; none is read where none can have."""
    between = _rows().filter(history_id__gt=log.far_floor, history_id__lte=log.floor)
    known = TaskEvent.objects.filter(row__gt=log.far_floor, row__lte=log.floor)
    if between.count() == known.count():
        return []
    return list(_missing(log.far_floor).filter(history_id__lte=log.floor)[:BATCH])


def _earlier(log: TaskEventLog, found: Rows) -> list[tuple[int, int]]:
    """Return the rows of the same tasks that have appeared late, before them."""
    if not found:
        return []
    tasks = {task for _row, task in found}
    return list(_missing(log.far_floor).filter(history_id__lte=log.floor, id__in=tasks))


def _missing(floor: int) -> QuerySet[Any, tuple[int, int]]:
    """Return the rows above a floor that are not in the log, with their tasks, in their order."""
    # Also the floor of what is in the log: or MariaDB may read all of it.
    known = TaskEvent.objects.filter(row=OuterRef("history_id"), row__gt=floor)
    missing = _rows().filter(~Exists(known), history_id__gt=floor)
    return missing.order_by("history_id").values_list("history_id", "id")


def _insert(rows: Sequence[int], now: datetime) -> None:
    """Add these rows of history to the log, in their order."""
    quote, table = connection.ops.quote_name, Task.history.model._meta.db_table
    names = ("row", "task", "queue", "type", "outcome", "happened_at", "collected_at")
    type_, parameters = types.as_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TaskEvent._meta.db_table} ({', '.join(map(quote, names))})"  # noqa: S608
            f" SELECT history_id, id, queue_id, {type_}, outcome, history_date, %s FROM {table}"
            f" WHERE history_id IN ({list_of(rows)}) ORDER BY history_id",
            [*parameters, connection.ops.adapt_datetimefield_value(now)],
        )


def _move_floors(log: TaskEventLog, now: datetime) -> None:
    """Let each floor that is old enough be followed by the next one."""
    upto = max(_newest_collected(), log.next_floor)
    if abs(now - log.floor_set_at) >= NEAR:
        log.floor, log.next_floor, log.floor_set_at = log.next_floor, upto, now
    if abs(now - log.far_floor_set_at) >= FAR:
        log.far_floor, log.next_far_floor, log.far_floor_set_at = log.next_far_floor, upto, now
    log.searched_far_at = now if _is_search_due(log) else log.searched_far_at


def _leave_out_what_is_old(log: TaskEventLog, now: datetime) -> None:
    """After a long time in which nobody wanted events, leave out what would be deleted at once."""
    if now - log.collected_at < KEPT:
        return
    old = _rows().filter(history_date__lt=now - KEPT).order_by("-history_date", "-history_id")
    upto = old.values_list("history_id", flat=True).first() or 0
    log.floor, log.far_floor = max(log.floor, upto), max(log.far_floor, upto)


def _newest_collected() -> int:
    return int(TaskEvent.objects.aggregate(last=Max("row"))["last"] or 0)


def _newest_row() -> int:
    return int(_rows().aggregate(last=Max("history_id"))["last"] or 0)


def _rows() -> Any:
    # Without simple-history's order, which has another index.
    return Task.history.model.objects.order_by()
