"""When beat asks for jobs: by a clock that nobody can set.

By the time of day a clock set back an hour would stop all jobs for an hour.
"""

import logging
import time
from datetime import datetime
from typing import Any

from celery import beat
from celery.schedules import schedstate, schedule

logger = logging.getLogger(__name__)


class Scheduler(beat.Scheduler):
    """Keeps nothing on disk: two beats on one machine don't collide, a crash breaks nothing."""

    def _when(self, entry: Any, next_time_to_run: Any, mktime: Any = None) -> float:
        """Return the moment in so many seconds, by which its heap is ordered."""
        return time.monotonic() + (self.adjust(next_time_to_run) or 0)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Ask for a job; without its broker it says so in a line, not in a hundred."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except beat.SchedulingError as error:
            logger.warning("%s", error)


class Every(schedule):
    """Is due every so many seconds, however the clock is set meanwhile."""

    def __init__(self, seconds: float, **more: Any) -> None:
        super().__init__(seconds, **more)
        self.begun = time.monotonic()

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether it is due, and in how many seconds to look again."""
        now = time.monotonic()
        left = self.begun + self.seconds - now
        if left > 0:
            return schedstate(False, left)
        self.begun = now
        return schedstate(True, self.seconds)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.seconds,)
