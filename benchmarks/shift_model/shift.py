"""A shift, event by event: tasks arrive, the primary hands them out, people do them."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from benchmarks.shift_model.floor import QUEUES, Floor, Task
from benchmarks.shift_model.lines import AnyOne, LongestIdle
from benchmarks.shift_model.measures import Outcome
from benchmarks.shift_model.primary import (
    AS_IT_IS,
    NET_SECONDS,
    Costs,
    Primary,
    Setup,
    background,
)
from benchmarks.shift_model.times import Times

PRIORITIES = {1: 5, 2: 15, 3: 60, 4: 20}
WARM_UP = 3


@dataclass(frozen=True)
class Plan:
    """The parameters of a shift: `sweep` is a period in seconds, None to hand out at each event.

    `utilisation` is the share of people's time that the arriving tasks need; `handling` is the
    mean of a task in seconds.
    """

    people: int
    utilisation: float
    sweep: float | None = None
    setup: Setup = AS_IT_IS
    hours: float = 1
    handling: float = 300
    is_fair: bool = True
    seed: int = 1

    @property
    def warm_up(self) -> float:
        """The seconds before anything is measured: a few tasks for each person."""
        return WARM_UP * self.handling


class Shift:
    """One run of a plan. `steps()` plays it and fills `outcome`; `floor` is its state."""

    def __init__(self, plan: Plan, times: Times, costs: Costs) -> None:
        self.plan, self.times, self.costs = plan, times, costs
        self.dice = random.Random(plan.seed)
        line = LongestIdle if plan.is_fair else AnyOne
        self.floor = Floor(plan.people, partial(line, self.dice))
        taken = sum(background(costs, plan.setup, plan.people).values())
        self.primary = Primary(costs.cores, taken)
        self.outcome = Outcome(done=[0] * plan.people)
        self.events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self.order, self.numbers = count(), count(1)
        self.met: set[int] = set()
        self.now = 0.0
        self._begin()

    def run(self) -> Outcome:
        """Play the whole shift; return its outcome."""
        for _ in self.steps():
            pass
        return self.outcome

    def steps(self) -> Iterator[float]:
        """Play event after event; yield the moment of each, in seconds from the beginning."""
        end = self.plan.warm_up + 3600 * self.plan.hours
        while self.events[0][0] <= end:
            self.now, _, act, what = heapq.heappop(self.events)
            act(what)
            yield self.now
        self.outcome.seconds = end - self.plan.warm_up
        self.outcome.busy = self.primary.busy / self.costs.cores / end
        self.outcome.waiting = self.floor.waits

    def _begin(self) -> None:
        """Start in the middle of a day: as many people hold a task as on average."""
        for person in range(self.plan.people):
            if self.dice.random() < self.plan.utilisation:
                number = next(self.numbers)
                self.floor.holding[person] = Task(3, number, 0.0, self.floor.serves[person][0])
                self._at(self._handling() * self.dice.random(), self._finished, person)
            else:
                self.floor.set_free(person, 0.0)
        self._at(self._gap(), self._sent, None)
        self._at(self.plan.sweep or NET_SECONDS, self._sweep_due, None)

    # Events outside send work to the primary; work that it has done comes back as an event.

    def _sent(self, _: None) -> None:
        """A task is sent in."""
        (priority,) = self.dice.choices(list(PRIORITIES), list(PRIORITIES.values()))
        task = Task(priority, next(self.numbers), self.now, self.dice.randrange(QUEUES))
        if priority == 1 and len(self.floor.lines[task.queue]):
            self.met.add(task.number)
        cost = self.costs.arrive
        if self.plan.sweep is None:
            free = len(self.floor.free_since)
            cost = self.costs.arrival(self.plan.setup, self.plan.people, free)
        self._at(self.primary.serve(self.now, cost), self._added, task)
        self._at(self.now + self._gap(), self._sent, None)

    def _finished(self, person: int) -> None:
        """A person completes their task."""
        cost = self.costs.finish if self.plan.sweep is None else 2 * self.costs.complete
        self._at(self.primary.serve(self.now, cost), self._completed, (person, self.now))

    def _sweep_due(self, _: None) -> None:
        """A sweep is due."""
        free, waiting = len(self.floor.free_since), self.floor.waits
        cost = self.costs.sweep_reads.of(self.plan.people, free)
        cost += self.costs.assigned * min(free, waiting)
        self._at(self.primary.serve(self.now, cost), self._swept, None)
        self._at(self.now + (self.plan.sweep or NET_SECONDS), self._sweep_due, None)

    # What the primary has done.

    def _added(self, task: Task) -> None:
        self.floor.add(task)
        if self.plan.sweep is None:
            self._hand_out(self.floor.lines[task.queue].next())

    def _completed(self, done: tuple[int, float]) -> None:
        person, since = done
        self.floor.finish(person)
        if self.now > self.plan.warm_up:
            self.outcome.done[person] += 1
        self.floor.set_free(person, since)
        if self.plan.sweep is None:
            self._hand_out(person)

    def _swept(self, _: None) -> None:
        """Everybody free gets their most urgent task, the idle longest first."""
        for person in list(self.floor.free_since):
            if not self.floor.waits:
                return
            self._hand_out(person)

    def _hand_out(self, person: int | None) -> None:
        if person is not None and (task := self.floor.most_urgent(person)):
            if self.now > self.plan.warm_up:
                self._note(task, person)
            self.floor.give(task, person)
            self._at(self.now + self._handling(), self._finished, person)

    def _note(self, task: Task, person: int) -> None:
        self.outcome.idle.append(self.now - self.floor.free_since[person])
        self.outcome.kept.append(self.now - self.floor.both_since(task, person))
        if task.priority == 1:
            self.outcome.p1.append(self.now - task.arrived)
            if task.number in self.met:
                self.outcome.p1_met.append(self.now - task.arrived)

    def _at(self, moment: float, act: Callable[[Any], None], what: Any) -> None:
        heapq.heappush(self.events, (moment, next(self.order), act, what))

    def _handling(self) -> float:
        return self.dice.choice(self.times.handling) * self.plan.handling

    def _gap(self) -> float:
        mean = self.plan.handling / (self.plan.people * self.plan.utilisation)
        return self.dice.choice(self.times.gaps) * mean
