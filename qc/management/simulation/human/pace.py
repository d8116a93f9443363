"""How long the humans of a shift take for what they do."""

from dataclasses import dataclass

# Longer than a limit by this much, so that a sweep has noticed.
BEYOND = 1.3


@dataclass(frozen=True)
class Pace:
    """The seconds for a task on average, and for being away.

    `start` is the site's QC_START_MINUTES and `unseen` its QC_UNSEEN_MINUTES, both in seconds.
    """

    handling: float
    start: float
    unseen: float

    @property
    def lunch(self) -> float:
        """A break, longer than a task may wait to be started."""
        return BEYOND * max(self.start, self.unseen)

    @property
    def away(self) -> float:
        """A locked tablet or a lost line, longer than anybody may be unseen."""
        return BEYOND * self.unseen

    @property
    def slow(self) -> float:
        """A task that takes an API client longer than all limits."""
        return BEYOND * max(self.handling, self.start, self.unseen)
