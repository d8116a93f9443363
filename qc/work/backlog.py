"""The most urgent waiting tasks of some queues, by one index seek for each, as one statement.

Its cost does not depend on how many tasks wait: each seek reads just what it gives. A plain
`queue IN (…)` would read, and lock, the whole backlog of these queues.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db import connection

from qc.core.compiled_queries import Prepared
from qc.models import Priority, Task
from qc.models.tasks import ORDER_OF_WORK

Lock = Literal["", "skip locked", "wait"]


class QueueBacklog(NamedTuple):
    """What waits in a queue: how much, the id of what came first, how much is past due."""

    waiting: int = 0
    oldest: int | None = None
    late: int = 0


class Head(NamedTuple):
    """What of a waiting task decides who gets it, and what it is called; they sort by urgency."""

    priority: int
    due_at: Any
    pk: int
    queue_id: int
    released_by_id: int | None
    reference: str


def heads(
    most: Mapping[int, int], limit: int, *, not_released_by: int | None = None, lock: Lock = ""
) -> list[Task]:
    """Return whole tasks, as `peek` finds them.

    They are read by their ids afterwards: in the seeks themselves a long text would make MariaDB
    write a table to the disk for each queue.
    """
    ids = [head.pk for head in peek(most, limit, not_released_by=not_released_by, lock=lock)]
    tasks = {task.pk: task for task in (_by_id(len(ids)).items(*ids) if ids else ())}
    return [tasks[pk] for pk in ids]


def peek(
    most: Mapping[int, int], limit: int, *, not_released_by: int | None = None, lock: Lock = ""
) -> list[Head]:
    """Find the most urgent waiting tasks of some queues, at most `limit`, most urgent first.

    `most` says for each queue's id how many of its tasks to look at. With `lock`, inside a
    transaction, these are locked: past what others have locked, or waiting for it. MariaDB locks
    the head of each queue that it looks at until the transaction ends.
    """
    seeks: list[str] = []
    values: list[Any] = []
    for number, (queue, n) in enumerate(most.items()):
        seek = _seek(n, not_released_by is not None, lock)
        sql, parameters = seek.sql(queue, not_released_by or 0)
        seeks.append(f"SELECT * FROM ({sql}) AS seek{number}")  # noqa: S608 - the ORM's own SQL
        values += parameters
    order = f" ORDER BY {', '.join(ORDER_OF_WORK)} LIMIT {int(limit)}"
    return [Head(*row) for row in _united(seeks, values, order)]


def waiting(queues: Iterable[int], most: int) -> dict[int, int]:
    """Count the waiting tasks of each of these queues, and no further than `most`."""
    counts: list[str] = []
    values: list[Any] = []
    for number, queue in enumerate(queues):
        sql, parameters = _entries(most).sql(queue)
        counts.append(f"SELECT %s, COUNT(*) FROM ({sql}) AS seek{number}")  # noqa: S608 - the ORM's
        values += [queue, *parameters]
    return {int(queue): n for queue, n in _united(counts, values)}


def standing(queues: Iterable[int], most: int, now: datetime) -> dict[int, QueueBacklog]:
    """Tell what waits in each of these queues, from its `most` most urgent tasks and no further.

    Ids ascend as tasks arrive, and the index of the order of work holds them: nothing but its
    entries is read. What is late stands first in each priority, and is counted up to a quarter
    of `most` there.
    """
    late = [_late(priority, now, most // len(Priority)) for priority in Priority]
    parts: list[str] = []
    values: list[Any] = []
    for number, queue in enumerate(queues):
        made = [seek.sql(queue) for seek in (*late, _entries(most))]
        counts = " + ".join(f"(SELECT COUNT(*) FROM ({sql}) AS l)" for sql, _ in made[:-1])  # noqa: S608
        parts.append(
            f"SELECT %s, COUNT(*), MIN(id), {counts} FROM ({made[-1][0]}) AS seek{number}"  # noqa: S608
        )
        values += [queue, *(value for _, parameters in made for value in parameters)]
    return {int(queue): QueueBacklog(*rest) for queue, *rest in _united(parts, values)}


def _united(parts: list[str], values: list[Any], order: str = "") -> list[tuple[Any, ...]]:
    """Return the rows of all the parts, read as one statement; none where there is no part."""
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + order, values)
        return list(cursor.fetchall())


def _late(priority: int, now: datetime, most: int) -> Prepared:
    past_due = Task.objects.filter(priority=priority, status="pending", due_at__lt=now)
    return Prepared(lambda queue: past_due.filter(queue=queue).order_by().values("id")[:most])


@functools.lru_cache(maxsize=256)
def _by_id(n: int) -> Prepared:
    return Prepared(lambda *ids: Task.objects.filter(pk__in=ids).order_by())


@functools.cache
def _entries(most: int) -> Prepared:
    return Prepared(
        lambda queue: Task.objects.waiting().filter(queue=queue).order_by().values("id")[:most]
    )


@functools.lru_cache(maxsize=256)
def _seek(n: int, but_released: bool, lock: Lock) -> Prepared:
    def make(queue: int, person: int) -> Any:
        waiting = Task.objects.waiting().filter(queue=queue)
        if but_released:
            waiting = waiting.exclude(released_by=person)
        if lock:
            waiting = waiting.select_for_update(skip_locked=lock == "skip locked")
        return waiting.values_list(*ORDER_OF_WORK, "queue", "released_by", "reference")[:n]

    return Prepared(make)
