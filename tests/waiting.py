"""Waiting for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], *, within: float = 10, every: float = 0.02) -> T:
    """Call `condition` until it returns something true, and return that; fail after a while."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {within} s in vain for {condition}"
        threading.Event().wait(every)
    return found
