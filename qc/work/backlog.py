"""The most urgent waiting tasks of some queues, in one statement: one index seek for each queue.

The cost does not depend on how many tasks wait: each seek reads just what it returns. A plain
`queue IN (…)` would read, and lock, all that waits in these queues.
"""

import functools
from collections.abc import Collection, Iterable, Mapping, Set
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from qc.core.compiled_queries import Prepared, Select, union_of_limited
from qc.models import HandBack, Priority, Queue, Task, User
from qc.models.tasks import LEVELS, ORDER_OF_WORK

Lock = Literal["", "skip locked", "wait"]
# Pairs of a task's id and the id of a person who gave it back.
HandBacks = Set[tuple[int, int]]


class QueueBacklog(NamedTuple):
    """How many tasks wait in a queue, the id of the oldest, and how many are past due.

    With `is_more_late` some late tasks may not be counted.
    """

    waiting: int = 0
    oldest: int | None = None
    late: int = 0
    is_more_late: bool = False


class Head(NamedTuple):
    """What decides who gets a waiting task, and its reference; heads sort by urgency."""

    priority: int
    raised: int
    due_at: Any
    pk: int
    queue_id: int
    released_by_id: int | None
    reference: str


class LockedTask(NamedTuple):
    """What a waiting task is under its lock: it may have been edited since its head was read."""

    pk: int
    queue_id: int
    released_by_id: int | None
    priority: int
    due_at: datetime


def heads(most: Mapping[int, int], limit: int) -> list[Task]:
    """Return whole tasks, found as by `peek`.

    They are read by their ids afterwards: a long text in the seeks themselves would make MariaDB
    write a table to the disk for each queue.
    """
    ids = [head.pk for head in peek(most, limit)]
    return _in_order(ids, _by_id(len(ids)).items(*ids) if ids else [])


def heads_for(
    person: int, most: Mapping[int, int], limit: int, *, lock: Lock, not_given_back: bool = False
) -> list[Task]:
    """Return whole tasks to give to a person, found as by `peek`, and locked.

    They are locked inside a transaction: skipping what others have locked, or waiting for it.
    MariaDB keeps the head of each queue locked until the transaction ends.

    It is one statement. While it waited for a lock a queue may have been paused or closed, or the
    person taken off it: whoever waits asks that afterwards, and what they can't be given any more
    is left out.
    """
    if not most:
        return []
    found = _heads(most, limit, lock=lock, not_given_back_by=person if not_given_back else None)
    with connection.cursor() as cursor:
        if lock == "skip locked":
            cursor.execute(*_joined(found, WHOLE.sql()))
            return sorted(WHOLE.read(cursor.fetchall()), key=attrgetter(*ORDER_OF_WORK))
        cursor.execute(*found)
        ids = [pk for *_, pk in cursor.fetchall()]
    return _in_order(ids, _by_id_if_served(len(ids)).items(person, *ids) if ids else [])


def peek(most: Mapping[int, int], limit: int) -> list[Head]:
    """Find the most urgent waiting tasks of some queues, at most `limit`, most urgent first.

    `most` says for each queue's id how many of its tasks to look at.
    """
    if not most:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*_heads(most, limit))
        return [Head(*row) for row in cursor.fetchall()]


def given_back(tasks: Iterable[Head | LockedTask | Task], people: Collection[int]) -> HandBacks:
    """Return who of these people gave which of these tasks back.

    Nothing is read where nobody gave any of them back.
    """
    ever = [task.pk for task in tasks if task.released_by_id is not None]
    if not ever:
        return set()
    found = HandBack.objects.filter(task__in=ever, person__in=list(people))
    return set(found.values_list("task_id", "person_id"))


def waiting(queues: Iterable[int], most: int) -> dict[int, int]:
    """Count the waiting tasks of each of these queues, but no more than `most`."""
    counts = [_select("%s, COUNT(*)", [queue], _entries(most).sql(queue)) for queue in queues]
    return {int(queue): n for queue, n in _union_all(counts)}


def depths(queues: Iterable[int], most: int) -> dict[int, QueueBacklog]:
    """Count the waiting tasks of each of these queues up to `most`, and find the oldest of them."""
    counts = [
        _select("%s, COUNT(*), MIN(id)", [queue], _entries(most).sql(queue)) for queue in queues
    ]
    return {int(queue): QueueBacklog(n, oldest) for queue, n, oldest in _union_all(counts)}


def measure(queues: Iterable[int], most: int, now: datetime) -> dict[int, QueueBacklog]:
    """Measure the backlog of each of these queues, by its `most` most urgent tasks at most.

    Only the index of the order of work is read: it has the ids, which ascend as tasks arrive. Late
    tasks come first in each of `LEVELS`, and are counted up to a quarter of `most` there.
    """
    most_late = most // len(Priority)
    late = [_late(*level, now, most_late) for level in LEVELS]
    counts: list[Select] = []
    for queue in queues:
        seeks = [seek.sql(queue) for seek in late]
        n_late = " + ".join(f"(SELECT COUNT(*) FROM ({sql}) AS l)" for sql, _ in seeks)  # noqa: S608
        values = [queue, *(value for _, parameters in seeks for value in parameters)]
        columns = f"%s, COUNT(*), MIN(id), {n_late}"
        counts.append(_select(columns, values, _entries(most).sql(queue)))
    return {
        int(queue): QueueBacklog(waiting, oldest, n, n >= most_late)
        for queue, waiting, oldest, n in _union_all(counts)
    }


def _select(columns: str, values: list[Any], seek: Select) -> Select:
    sql, parameters = seek
    return f"SELECT {columns} FROM ({sql}) AS seek", [*values, *parameters]  # noqa: S608 - the ORM's


def _heads(
    most: Mapping[int, int], limit: int, *, lock: Lock = "", not_given_back_by: int | None = None
) -> Select:
    seeks = [
        _seek(n, not_given_back_by is not None, lock).sql(queue, not_given_back_by or 0)
        for queue, n in most.items()
    ]
    sql, values = union_of_limited(seeks)
    return f"{sql} ORDER BY {', '.join(ORDER_OF_WORK)} LIMIT {int(limit)}", values


def _joined(heads: Select, whole: Select) -> Select:
    """Return a select of whole tasks, read in the given order of tables: the heads first.

    Else the database might look at, and so lock, other tasks.
    """
    join = "STRAIGHT_JOIN" if connection.vendor == "mysql" else "CROSS JOIN"
    table = connection.ops.quote_name(Task._meta.db_table)
    both = f" FROM ({heads[0]}) AS heads {join} {table} ON heads.id = {table}.id"
    return whole[0].replace(f" FROM {table}", both, 1), [*heads[1], *whole[1]]


def _union_all(selects: list[Select]) -> list[tuple[Any, ...]]:
    """Return the rows of all selects, read in one statement."""
    if not selects:
        return []
    values = [value for _, values in selects for value in values]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(sql for sql, _ in selects), values)
        return list(cursor.fetchall())


def _late(priority: int, raised: int, now: datetime, most: int) -> Prepared:
    past_due = Task.objects.waiting().filter(priority=priority, raised=raised, due_at__lt=now)
    return Prepared(lambda queue: past_due.filter(queue=queue).order_by().values("id")[:most])


def running_queues_of(person: int) -> QuerySet[Queue]:
    """Return the queues that are not paused and that a person serves, by the person's id."""
    return Queue.objects.served_by(User(pk=person)).running().order_by()


WHOLE = Prepared(lambda: Task.objects.select_for_update().order_by())


@functools.lru_cache(maxsize=256)
def _by_id(n: int) -> Prepared:
    return Prepared(lambda *ids: Task.objects.filter(pk__in=ids).order_by())


@functools.lru_cache(maxsize=256)
def _by_id_if_served(n: int) -> Prepared:
    def make(person: int, *ids: int) -> Any:
        return Task.objects.filter(pk__in=ids, queue__in=running_queues_of(person)).order_by()

    return Prepared(make)


def _in_order(ids: Iterable[int], tasks: Iterable[Task]) -> list[Task]:
    found = {task.pk: task for task in tasks}
    return [found[pk] for pk in ids if pk in found]


@functools.cache
def _entries(most: int) -> Prepared:
    return Prepared(
        lambda queue: Task.objects.waiting().filter(queue=queue).order_by().values("id")[:most]
    )


@functools.lru_cache(maxsize=256)
def _seek(n: int, excludes_given_back: bool, lock: Lock) -> Prepared:
    def make(queue: int, person: int) -> Any:
        # In nobody's line: said so that the index of lines is no choice for MariaDB.
        waiting = Task.objects.waiting().filter(queue=queue)
        waiting = waiting.alias(in_line=Coalesce("next_for_id", 0)).filter(in_line=0)
        if excludes_given_back:
            given_back = HandBack.objects.filter(task=OuterRef("pk"), person=person)
            # `released_by` first: without a hand-back the second table is not looked at.
            waiting = waiting.filter(Q(released_by__isnull=True) | ~Exists(given_back))
        if lock:
            waiting = waiting.select_for_update(skip_locked=lock == "skip locked")
        # Whole tasks are read with their locks: then a seek only says which.
        columns = () if lock else ("queue", "released_by", "reference")
        return waiting.values_list(*ORDER_OF_WORK, *columns)[:n]

    return Prepared(make)
