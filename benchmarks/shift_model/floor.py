"""The state of a shift: who is free, what waits, who holds what."""

import heapq
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.shift_model.lines import Line

QUEUES = 20
EACH_ON = 3


class Task(NamedTuple):
    """A task, in the order of work: the most urgent, then the oldest, is the smallest."""

    priority: int
    number: int
    arrived: float
    queue: int


class Floor:
    """People and tasks. A task waits or is held by one person; a person holds at most one.

    `free_since` maps the free people, longest idle first, to the moment since when they are;
    `waits` is how many tasks wait.
    """

    def __init__(self, people: int, make_line: Callable[[], Line]) -> None:
        step = QUEUES // EACH_ON
        self.serves = [
            tuple((person + step * n) % QUEUES for n in range(EACH_ON)) for person in range(people)
        ]
        self.lines = [make_line() for _ in range(QUEUES)]
        self.free_since: dict[int, float] = {}
        self.holding: dict[int, Task] = {}
        self.waiting: list[list[Task]] = [[] for _ in range(QUEUES)]
        self.waits = 0

    def add(self, task: Task) -> None:
        """Let a task wait."""
        heapq.heappush(self.waiting[task.queue], task)
        self.waits += 1

    def set_free(self, person: int, since: float) -> None:
        """Let a person wait for work, free since that moment."""
        self.free_since[person] = since
        for queue in self.serves[person]:
            self.lines[queue].add(person)

    def finish(self, person: int) -> Task:
        """Remove and return the task that this person has done."""
        return self.holding.pop(person)

    def most_urgent(self, person: int) -> Task | None:
        """Return the most urgent waiting task that this person may do."""
        heads = [self.waiting[queue][0] for queue in self.serves[person] if self.waiting[queue]]
        return min(heads) if heads else None

    def both_since(self, task: Task, person: int) -> float:
        """Return since when both have been waiting: this task, and this free person."""
        return max(self.free_since[person], task.arrived)

    def give(self, task: Task, person: int) -> None:
        """Put the most urgent task of its queue into the hands of a free person."""
        if person in self.holding or heapq.heappop(self.waiting[task.queue]) is not task:
            raise ValueError(f"task {task.number} can't go to person {person}")
        self.waits -= 1
        del self.free_since[person]
        for queue in self.serves[person]:
            self.lines[queue].remove(person)
        self.holding[person] = task
