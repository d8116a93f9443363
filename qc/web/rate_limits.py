"""How many calls somebody has left in this minute, for all processes together where there is Redis.

Without Redis each process counts for itself, and so it is while Redis is away: no call fails or
waits for it.
"""

import logging
import time
from typing import NamedTuple

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW = 60
# For so many seconds after Redis did not answer, it is not asked.
AWAY_SECONDS = 10
SHARED, OWN = "limits", "default"


class Left(NamedTuple):
    """How many calls there may be in a minute, are left of them, and for how many seconds."""

    most: int
    made: int
    seconds: int

    @property
    def calls(self) -> int:
        """How many calls are left."""
        return max(0, self.most - self.made)

    @property
    def is_too_much(self) -> bool:
        """Whether this call is one too many."""
        return self.made > self.most


class Counters:
    """Counts calls in the shared cache, in that of this process while the shared one is away."""

    def __init__(self) -> None:
        self.away_until = 0.0

    def add(self, key: str) -> int:
        """Count one more; return how many there are."""
        if time.monotonic() >= self.away_until:
            try:
                return _add(caches[SHARED], key)
            except (RedisError, OSError) as error:
                logger.warning("Calls are counted by this process alone: %r", error)
                self.away_until = time.monotonic() + AWAY_SECONDS
        return _add(caches[OWN], key)


counters = Counters()


def take(caller: str, most: int) -> Left:
    """Count a call of this caller; return what is left of so many in a minute."""
    now = int(time.time())
    made = counters.add(f"calls/{caller}/{now // WINDOW}")
    return Left(most, made, WINDOW - now % WINDOW)


def _add(cache: BaseCache, key: str) -> int:
    cache.add(key, 0, 2 * WINDOW)
    try:
        return cache.incr(key)
    except ValueError:  # It was dropped at this moment.
        return 1
