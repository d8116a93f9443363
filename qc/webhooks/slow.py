"""Who answers slowly leaves a thread to all others.

A process remembers which webhooks took long lately. All of these together hold one thread less than
it has; who finds no place is asked for again. Each process has its own threads to keep free, and
learns by one attempt who is slow.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings

# An attempt is slow that takes longer, and its webhook for so long afterwards.
SECONDS, REMEMBERED = 5, 600

_lock = Lock()
# When each webhook was slow the last time, and those that have a place.
_slow_at: dict[int, float] = {}
_placed: set[int] = set()


def took_long(webhook_id: int, seconds: float) -> bool:
    """Note how long an attempt took; return whether that was long."""
    if seconds <= SECONDS:
        return False
    _slow_at[webhook_id] = time.monotonic()
    return True


@contextmanager
def place(webhook_id: int) -> Iterator[bool]:
    """Hold a place for a run of a webhook, whose lease one has; yield whether there is one.

    Who was not slow lately needs none.
    """
    with _lock:
        is_free = not _was_slow(webhook_id) or len(_placed) < _places()
        if is_free and _was_slow(webhook_id):
            _placed.add(webhook_id)
    try:
        yield is_free
    finally:
        with _lock:
            _placed.discard(webhook_id)


def _was_slow(webhook_id: int) -> bool:
    return time.monotonic() - _slow_at.get(webhook_id, -REMEMBERED) < REMEMBERED


def _places() -> int:
    return max(settings.CELERY_WORKER_CONCURRENCY - 1, 1)
