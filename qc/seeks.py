"""The most urgent waiting tasks of some queues, by one index seek for each, as one statement.

Its cost does not depend on how many tasks wait: each seek reads just what it gives. A plain
`queue IN (…)` would read, and lock, the whole backlog of these queues.
"""

import functools
from collections.abc import Mapping
from typing import Literal

from django.db import connection

from qc.models import Task, User
from qc.querysets import ORDER_OF_WORK

Lock = Literal["", "skip locked", "wait"]

# Stand in the SQL for what differs from one seek to the next.
A_QUEUE, A_PERSON = -1, -2


def heads(
    most: Mapping[int, int], limit: int, *, not_released_by: User | None = None, lock: Lock = ""
) -> list[Task]:
    """Gives the most urgent waiting tasks of some queues, at most `limit`, most urgent first.

    `most` says for each queue's id how many of its tasks to look at. With `lock`, inside a
    transaction, these are locked: past what others have locked, or waiting for it. MariaDB locks
    the head of each queue that it looks at until the transaction ends.
    """
    if not most:
        return []
    person = not_released_by.pk if not_released_by else 0
    seeks: list[str] = []
    values: list[object] = []
    for number, (queue, n) in enumerate(most.items()):
        sql, parameters = _seek(n, not_released_by is not None, lock, connection.vendor)
        seeks.append(f"SELECT * FROM ({sql}) AS seek{number}")  # noqa: S608 - the ORM's own SQL
        meant: dict[object, object] = {A_QUEUE: queue, A_PERSON: person}
        values += [meant.get(value, value) for value in parameters]
    merged = f"{' UNION ALL '.join(seeks)} ORDER BY {', '.join(ORDER_OF_WORK)} LIMIT {int(limit)}"
    return list(Task.objects.raw(merged, values))


@functools.lru_cache(maxsize=256)
def _seek(n: int, but_released: bool, lock: Lock, vendor: str) -> tuple[str, tuple[object, ...]]:
    """Gives the SQL of one seek with stand-ins; kept, as making it takes longer than running it."""
    waiting = Task.objects.waiting().filter(queue=A_QUEUE)
    if but_released:
        waiting = waiting.exclude(released_by=A_PERSON)
    if lock:
        waiting = waiting.select_for_update(skip_locked=lock == "skip locked")
    sql, parameters = waiting[:n].query.sql_with_params()
    return sql, parameters
