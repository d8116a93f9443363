"""Requests that wait for something to happen: how many of this process may, and until when.

Each holds a thread meanwhile. Only a quarter of the threads may be held so: the others are there
for all other requests, which never wait for these. When the process is told to end, all waiting
ends.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

_lock = threading.Lock()
_waiting = 0
_ending = threading.Event()


@contextmanager
def place() -> Iterator[bool]:
    """Take a place to wait in; yield whether one was free."""
    taken = _take()
    try:
        yield taken
    finally:
        if taken:
            _give_back()


def _take() -> bool:
    global _waiting  # noqa: PLW0603
    with _lock:
        if _waiting >= settings.QC_WEB_THREADS // 4 or _ending.is_set():
            return False
        _waiting += 1
        return True


def _give_back() -> None:
    global _waiting  # noqa: PLW0603
    with _lock:
        _waiting -= 1


def wait(seconds: float) -> bool:
    """Wait for so long; return False at once when the process is to end."""
    return not _ending.wait(seconds)


def end() -> None:
    """Let all that wait be answered now, since the process is to end."""
    _ending.set()
