"""Jobs that need not run for each message: those that waited long are dropped."""

import threading
import time


class Pace:
    """Lets a job begin once in so many seconds of this process, and counts what it drops."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.begun: float | None = None
        self.dropped = 0

    def begins(self) -> bool:
        """Return whether the job is to run now."""
        now = time.monotonic()
        with self.lock:
            if self.begun is not None and now - self.begun < self.seconds:
                self.dropped += 1
                return False
            self.begun = now
            return True

    def count_dropped(self) -> int:
        """Return how many were dropped since it was last asked."""
        with self.lock:
            dropped, self.dropped = self.dropped, 0
        return dropped
