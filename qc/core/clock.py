"""A clock that was set forward has made nobody absent.

By the time of day everybody was unseen for an hour when somebody sets it an hour forward, or when a
machine wakes from sleep.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.utils import timezone

logger = logging.getLogger(__name__)

# Clocks are corrected by less all the time.
JUMP = timedelta(minutes=1)


class Clock:
    """The time of day, watched by a clock that nobody can set."""

    def __init__(self) -> None:
        self._begun: datetime | None = None
        self._set_at: datetime | None = None
        self._set_by = timedelta()

    def look(self) -> datetime:
        """Return the present moment; notice whether the clock was set since the last look."""
        now = timezone.now()
        begun = now - timedelta(seconds=monotonic())
        jump = timedelta(seconds=round((begun - (self._begun or begun)).total_seconds()))
        self._begun = begun
        if jump >= JUMP:
            self._set_at, self._set_by = now, jump
            logger.warning("the clock jumped by %s: that counts as nobody's absence", jump)
        elif jump <= -JUMP:
            self._set_at = None
        return now

    def ago(self, now: datetime, period: timedelta) -> datetime:
        """Return the moment that a stamp must have to be older than a period that really passed.

        `now` is from `look`. Stamps from before a jump are older by the jump than they look.
        """
        moment = now - period
        if self._set_at is not None and moment < self._set_at:
            return moment - self._set_by
        return moment
