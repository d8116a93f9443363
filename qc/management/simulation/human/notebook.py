"""What the humans of a shift did by their own clocks, and what went wrong for them."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from qc.management.simulation.checks import Filled


@dataclass
class Piece:
    """A task in somebody's hands: since when, by their own clock, and what they noted so far."""

    task: int
    reference: str
    begun: float = field(default_factory=time.monotonic)
    notes: str = ""
    check: Filled = field(default_factory=Filled)

    @property
    def outcome(self) -> str:
        """What they said of it."""
        return self.check.outcome

    @property
    def seconds(self) -> float:
        """How long they have had it."""
        return time.monotonic() - self.begun


@dataclass
class Notebook:
    """The notes of all humans of a shift, written by many threads at once."""

    played: Counter[str] = field(default_factory=Counter)
    # How long each person worked on each task: by their own clock, and as QC Desk reports it.
    seconds: dict[tuple[str, int], float] = field(default_factory=dict)
    reported: dict[tuple[str, int], float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    turns: Counter[tuple[str, ...]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, incident: str) -> None:
        """Note that something happened to somebody."""
        with self.lock:
            self.played[incident] += 1

    def turn(self, plan: tuple[str, ...]) -> int:
        """Return how often somebody had their turn in this plan before."""
        with self.lock:
            self.turns[plan] += 1
            return self.turns[plan] - 1

    def complain(self, person: str, what: str) -> None:
        """Note what must not happen to somebody who is at work; several may see the same."""
        with self.lock:
            if (complaint := f"{person} {what}") not in self.complaints:
                self.complaints.append(complaint)

    def per_person(self) -> dict[str, tuple[float, float]]:
        """Return the seconds that each person worked, as played and as reported."""
        sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0, 0))
        for (person, task), reported in self.reported.items():
            played, so_far = sums[person]
            sums[person] = played + self.seconds[person, task], so_far + reported
        return dict(sums)
