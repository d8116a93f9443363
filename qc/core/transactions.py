"""Transactions that are tried again after a lost race for a lock."""

import functools
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from prometheus_client import Counter as SharedCounter

from qc.core.exceptions import Busy

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# What the driver raises when the server is away, full, or has ended the connection.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
ATTEMPTS = 5
# How often a transaction is tried, by the error of MariaDB or MySQL: 1213 deadlock, 1020 record
# changed since last read, 1205 lock wait timeout. That one has waited for seconds already, and its
# thread must not wait much longer.
LOCK_WAIT_TIMEOUT = 1205
LOST_RACES = {1213: ATTEMPTS, 1020: ATTEMPTS, LOCK_WAIT_TIMEOUT: 2}
# How often each function lost a race since this process began.
lost_races: Counter[str] = Counter()
LOST_RACES_OF_ALL = SharedCounter("qc_lost_races", "Lost races for locks", ["function"])


def retrying(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction, and again when it loses a race for a lock.

    Inside another transaction it becomes part of that one: only the outermost can be tried again.
    Raises Busy when it has lost as often as `LOST_RACES` allows, in a row.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if attempt >= _note_lost_race(function.__name__, attempt, error):
                    break
                # So that two that collided do not collide again.
                time.sleep(random.uniform(0, 0.02) * attempt)  # noqa: S311
        raise Busy

    return run


def is_lost_race(error: Exception) -> bool:
    """Return whether an error says that a transaction lost a race for a lock."""
    return isinstance(error, OperationalError) and bool({*error.args[:1]} & LOST_RACES.keys())


def _note_lost_race(name: str, attempt: int, error: OperationalError) -> int:
    """Log a lost race; return how often it is tried. Any other error is raised again."""
    if not is_lost_race(error):
        raise error
    most = LOST_RACES[error.args[0]]
    lost_races[name] += 1
    LOST_RACES_OF_ALL.labels(name).inc()
    logger.info(
        "%s lost a race for a lock (%s), attempt %d of %d; %d lost since this process began",
        *(name, error.args[0], attempt, most, lost_races.total()),
    )
    return most
