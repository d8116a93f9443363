"""The most urgent waiting tasks of some queues, by one index seek for each, as one statement.

Its cost does not depend on how many tasks wait: each seek reads just what it gives. A plain
`queue IN (…)` would read, and lock, the whole backlog of these queues.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.db import connection

from qc.models import Task
from qc.prepared import Prepared
from qc.querysets import ORDER_OF_WORK

Lock = Literal["", "skip locked", "wait"]


def heads(
    most: Mapping[int, int],
    limit: int,
    *,
    not_released_by: int | None = None,
    lock: Lock = "",
    only: tuple[str, ...] = (),
) -> list[Task]:
    """Gives the most urgent waiting tasks of some queues, at most `limit`, most urgent first.

    `most` says for each queue's id how many of its tasks to look at. With `lock`, inside a
    transaction, these are locked: past what others have locked, or waiting for it. MariaDB locks
    the head of each queue that it looks at until the transaction ends. `only` names the columns
    that are wanted at once.
    """
    seeks: list[str] = []
    values: list[Any] = []
    for number, (queue, n) in enumerate(most.items()):
        seek = _seek(n, not_released_by is not None, lock, only)
        sql, parameters = seek.sql(queue, not_released_by or 0)
        seeks.append(f"SELECT * FROM ({sql}) AS seek{number}")  # noqa: S608 - the ORM's own SQL
        values += parameters
    merged = f"{' UNION ALL '.join(seeks)} ORDER BY {', '.join(ORDER_OF_WORK)} LIMIT {int(limit)}"
    return list(Task.objects.raw(merged, values)) if seeks else []


def waiting(queues: Iterable[int], most: int) -> dict[int, int]:
    """Counts the waiting tasks of each of these queues, and no further than `most`."""
    counts: list[str] = []
    values: list[Any] = []
    for number, queue in enumerate(queues):
        sql, parameters = _entries(most).sql(queue)
        counts.append(f"SELECT %s, COUNT(*) FROM ({sql}) AS seek{number}")  # noqa: S608 - the ORM's
        values += [queue, *parameters]
    if not counts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts), values)
        return {int(queue): n for queue, n in cursor.fetchall()}


@functools.cache
def _entries(most: int) -> Prepared:
    return Prepared(
        lambda queue: Task.objects.waiting().filter(queue=queue).order_by().values("pk")[:most]
    )


@functools.lru_cache(maxsize=256)
def _seek(n: int, but_released: bool, lock: Lock, only: tuple[str, ...]) -> Prepared:
    def make(queue: int, person: int) -> Any:
        waiting = Task.objects.waiting().filter(queue=queue)
        if but_released:
            waiting = waiting.exclude(released_by=person)
        if lock:
            waiting = waiting.select_for_update(skip_locked=lock == "skip locked")
        return waiting.only(*only)[:n]

    return Prepared(make)
