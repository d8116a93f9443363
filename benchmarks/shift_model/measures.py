"""The figures of a shift."""

from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which `part` percent of these lie; nan when there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part / 100), len(ordered) - 1)]


def gini(values: Sequence[float]) -> float:
    """Return the Gini coefficient: 0 when all are equal, near 1 when one has everything."""
    ordered, total = sorted(values), sum(values)
    if not total:
        return 0.0
    n = len(ordered)
    ranked = sum(rank * value for rank, value in enumerate(ordered, start=1))
    return 2 * ranked / (n * total) - (n + 1) / n


@dataclass
class Outcome:
    """The figures of a shift after its first minutes; all times are in seconds.

    `done`: tasks of each person. `idle`: from completing a task to having the next. `kept`: the
    part of it during which that next task was there already, so that both waited. `p1`: from a P1's
    arrival to its assignment. `p1_met`: the same for those that arrived while somebody on their
    queue was free. `busy`: the share of the primary's time that hand-outs took. `waiting`: tasks
    that waited at the end.
    """

    done: list[int]
    idle: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    p1: list[float] = field(default_factory=list)
    p1_met: list[float] = field(default_factory=list)
    busy: float = 0
    waiting: int = 0
    seconds: float = 0

    @property
    def lost(self) -> float:
        """The share of all people's time that they were free while their next task was there."""
        return sum(self.kept) / (len(self.done) * self.seconds)

    @property
    def gini(self) -> float:
        """The Gini coefficient of the tasks of each person."""
        return gini(self.done)
