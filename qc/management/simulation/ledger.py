"""The observations of all simulated people, and their sums."""

import statistics
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """The notes of a shift, written by many threads at once."""

    done: dict[int, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)
    taken_away: int = 0
    repeated: int = 0
    breaks: int = 0
    vanished: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def completed(self, task_id: int, person: str) -> None:
        """Note who completed a task; a second person who did is an error."""
        with self.lock:
            first = self.done.setdefault(task_id, person)
        if first != person:
            self.twice.append(f"task {task_id} by {first} and by {person}")

    def holds(self, person: str, tasks: int, capacity: int) -> None:
        """Note it if a person has more tasks than their capacity."""
        if tasks > capacity:
            self.too_many.append(f"{person} held {tasks} tasks at once")

    def count(self, name: str) -> None:
        """Add one to one of the plain counts: taken_away, repeated or breaks."""
        with self.lock:
            setattr(self, name, getattr(self, name) + 1)

    def answered(self, call: str, seconds: float, status: int) -> None:
        """Note one request."""
        with self.lock:
            self.seconds[call].append(seconds)
            if status >= 500:
                self.errors[f"{call} answered {status}"] += 1

    def failed(self, call: str, error: Exception) -> None:
        """Note a request that got no answer."""
        with self.lock:
            self.errors[f"{call} got no answer ({type(error).__name__})"] += 1

    def per_person(self) -> list[tuple[str, int]]:
        """Return who completed how many tasks, the busiest first."""
        return Counter(self.done.values()).most_common()

    def latencies(self) -> list[tuple[str, int, float, float]]:
        """Return each call, how often it was made, and its median and 99th percentile in ms."""
        return [
            (call, len(times), 1000 * percentile(times, 50), 1000 * percentile(times, 99))
            for call, times in sorted(self.seconds.items())
        ]


def percentile(values: list[float], part: int) -> float:
    """Return the percentile: `part` percent of the values are below it."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1]
