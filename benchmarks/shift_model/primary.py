"""The one database that everything is written to, and what each kind of work costs it."""

import heapq
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parent.parent / "primary.json"

LOOK_SECONDS = 3.0
SEEN_SECONDS = 60.0
NET_SECONDS = 5.0


@dataclass(frozen=True)
class Setup:
    """What the primary has to do besides writing.

    `looks`: whether *My work* reads from it, for each person every 3 s, whether anything is new.
    `asks_floor`: whether a task that arrives alone makes it read everybody who is there, as QC
    Desk does now, or only the people on the task's queue.
    `primaries`: over how many the queues, and the people on them, are spread.
    """

    name: str
    looks: bool = True
    asks_floor: bool = True
    primaries: int = 1


AS_IT_IS = Setup("one primary, as it is")
REPLICAS = Setup("pages read from replicas", looks=False)
BY_QUEUE = Setup("and an arrival asks its own queue only", looks=False, asks_floor=False)
SHARDED = Setup("and four primaries, by queue", looks=False, asks_floor=False, primaries=4)
SETUPS = (AS_IT_IS, REPLICAS, BY_QUEUE, SHARDED)


@dataclass(frozen=True)
class Reading:
    """The seconds to find takers among everybody: a base, and for each person there and free."""

    base: float
    there: float
    free: float

    def of(self, people: int, free: float) -> float:
        """Return the seconds for so many people, of whom some are free."""
        return self.base + people * self.there + free * self.free


@dataclass(frozen=True)
class Costs:
    """The seconds for which each kind of work keeps one core of the primary busy, and its cores."""

    cores: int
    arrive: float
    claim: float
    complete: float
    complete_and_next: float
    look: float
    seen: float
    assigned: float
    arrival_reads: Reading
    sweep_reads: Reading

    def arrival(self, setup: Setup, people: int, free: float) -> float:
        """Return the cost of a task that arrives, and is handed out, by itself."""
        reads = self.arrival_reads.of(people, free) if setup.asks_floor else 0
        return self.arrive + self.claim + reads

    @property
    def finish(self) -> float:
        """The cost of a person's task: started, completed, and the next one claimed."""
        return self.complete + self.complete_and_next


def load(path: Path = MEASURED) -> Costs:
    """Read what `benchmarks.primary` measured."""
    measured: dict[str, Any] = json.loads(path.read_text())
    return Costs(
        cores=measured["cores"],
        arrival_reads=Reading(**seconds(measured["arrival_reads_ms"])),
        sweep_reads=Reading(**seconds(measured["sweep_reads_ms"])),
        **seconds(measured["busy_core_ms"]),
    )


def seconds(costs: dict[str, float]) -> dict[str, float]:
    """Return milliseconds as seconds."""
    return {name: cost / 1000 for name, cost in costs.items()}


def background(costs: Costs, setup: Setup, people: int) -> dict[str, float]:
    """Return the share of the primary's time that people take by being there, by kind of work."""
    looks = people / LOOK_SECONDS * costs.look if setup.looks else 0
    return {"looks": looks / costs.cores, "seen": people / SEEN_SECONDS * costs.seen / costs.cores}


class Primary:
    """Several cores with one queue before them: work is done in the order of its arrival."""

    def __init__(self, cores: int, taken: float = 0) -> None:
        """`taken`, below 1, is the share of its time that other work takes."""
        self.free_at = [0.0] * cores
        self.stretch = 1 / (1 - taken)
        self.busy = 0.0

    def serve(self, now: float, cost: float) -> float:
        """Take on work; return the moment at which it is done. Call it in order of time."""
        begin = max(now, self.free_at[0])
        end = begin + cost * self.stretch
        self.busy += cost
        heapq.heapreplace(self.free_at, end)
        return end
