"""The model of a shift keeps the rules of handing out, and its figures match those by hand."""

import math
import random
from collections import Counter
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks.shift_model import capacity, primary, tables, times
from benchmarks.shift_model.lines import AnyOne, LongestIdle
from benchmarks.shift_model.measures import gini, percentile
from benchmarks.shift_model.primary import (
    AS_IT_IS,
    BY_QUEUE,
    SHARDED,
    Costs,
    Primary,
    Reading,
    Setup,
)
from benchmarks.shift_model.shift import Plan, Shift
from benchmarks.shift_model.times import Times

DICE = random.Random(3)
TIMES = Times(
    handling=times.scaled([DICE.uniform(0.5, 1.5) for _ in range(200)]),
    gaps=times.scaled([DICE.expovariate(1) for _ in range(200)]),
)
COSTS = Costs(
    cores=2,
    arrive=0.001,
    claim=0.002,
    complete=0.001,
    complete_and_next=0.003,
    look=0.001,
    seen=0.001,
    assigned=0.0001,
    arrival_reads=Reading(base=0.001, there=0.000003, free=0.00001),
    sweep_reads=Reading(base=0.001, there=0.000003, free=0.00001),
)


def shift(
    people: int = 60, utilisation: float = 0.9, sweep: float | None = None, hours: float = 0.5
) -> Shift:
    return Shift(Plan(people, utilisation, sweep, BY_QUEUE, hours, 120), TIMES, COSTS)


@pytest.mark.parametrize("sweep", [None, 5])
def test_each_task_is_done_once_or_still_there(sweep: float | None) -> None:
    played = shift(sweep=sweep)
    held_before = {task.number for task in played.floor.holding.values()}
    done: Counter[int] = Counter()
    held = dict(played.floor.holding)
    for _ in played.steps():
        now = played.floor.holding
        done.update(task.number for person, task in held.items() if now.get(person) != task)
        held = dict(now)
    there = [task.number for task in held.values()]
    there += [task.number for queue in played.floor.waiting for task in queue]
    assert set(done.values()) == {1}
    assert len(there) == len(set(there))
    assert not done.keys() & set(there)
    added = done.keys() | set(there)
    assert held_before <= added
    # What was sent last may still be on its way into the database.
    missing = set(range(1, next(played.numbers))) - added
    assert len(missing) <= 1


@pytest.mark.parametrize("sweep", [None, 5])
def test_holder_of_a_task_is_not_free(sweep: float | None) -> None:
    played = shift(sweep=sweep)
    for _ in played.steps():
        assert not played.floor.holding.keys() & played.floor.free_since.keys()


def test_person_cannot_hold_two_tasks() -> None:
    floor = shift().floor
    person, task = next(iter(floor.holding.items()))
    floor.add(task)
    with pytest.raises(ValueError, match="can't go to person"):
        floor.give(task, person)


def test_nobody_is_free_while_a_task_waits_when_events_hand_out() -> None:
    played = shift()
    waited = 0
    for _ in played.steps():
        waited += played.floor.waits
        assert not any(map(played.floor.most_urgent, played.floor.free_since))
    assert waited, "there were no tasks that had to wait at all"


def test_hand_out_at_an_event_takes_the_time_of_the_primary() -> None:
    outcome = shift().run()
    assert percentile(outcome.kept, 50) == pytest.approx(COSTS.finish, rel=0.3)
    assert percentile(outcome.p1_met, 50) == pytest.approx(COSTS.arrive + COSTS.claim, rel=0.01)


@pytest.mark.parametrize("period", [10, 60])
def test_people_wait_half_a_period_for_a_sweep(period: float) -> None:
    outcome = shift(people=200, utilisation=0.5, sweep=period, hours=2).run()
    assert fmean(outcome.kept) == pytest.approx(period / 2, rel=0.05)
    assert max(outcome.kept) < period + 0.1


def test_sweep_hands_out_the_most_urgent_first() -> None:
    played = shift(utilisation=1.1, sweep=5)
    outcome = played.run()
    left = Counter(task.priority for queue in played.floor.waiting for task in queue)
    assert outcome.waiting == left.total() > 50
    assert left[1] < 5 < left[4]
    assert fmean(outcome.p1) < 30


def test_same_seed_plays_the_same_shift() -> None:
    assert shift().run() == shift().run()


def test_as_many_tasks_are_done_as_arrive() -> None:
    plan = shift(people=200, utilisation=0.8, hours=2)
    expected = 200 * 0.8 * 2 * 3600 / 120
    assert sum(plan.run().done) == pytest.approx(expected, rel=0.05)


def test_longest_idle_is_next() -> None:
    line = LongestIdle(random.Random(1))
    for person in (4, 2, 9):
        line.add(person)
    line.remove(4)
    assert line.next() == 2
    line.remove(2)
    line.add(2)
    assert (line.next(), len(line)) == (9, 2)


def test_any_one_picks_everybody() -> None:
    line = AnyOne(random.Random(1))
    assert line.next() is None
    for person in (4, 2, 9):
        line.add(person)
    line.remove(4)
    assert {line.next() for _ in range(50)} == {2, 9}


def test_longest_idle_first_is_fairer_than_chance() -> None:
    plans = [Plan(100, 0.5, None, BY_QUEUE, 4, 120, is_fair) for is_fair in (True, False)]
    fair, chance = (Shift(plan, TIMES, COSTS).run().gini for plan in plans)
    assert fair < 0.8 * chance


@pytest.mark.parametrize(
    ("shares", "expected"),
    [([3, 3, 3], 0), ([0, 0, 0], 0), ([0, 0, 0, 8], 0.75), ([1, 3], 0.25)],
)
def test_gini(shares: list[float], expected: float) -> None:
    assert gini(shares) == pytest.approx(expected)


def test_percentiles() -> None:
    assert percentile(range(100), 95) == 95
    assert percentile([7], 99) == 7
    assert math.isnan(percentile([], 50))


def test_primary_serves_one_request_per_core() -> None:
    server = Primary(2)
    assert [server.serve(0, 1) for _ in range(4)] == [1, 1, 2, 2]
    assert server.serve(10, 1) == 11


def test_other_load_slows_the_primary() -> None:
    assert Primary(1, taken=0.75).serve(0, 1) == 4


def test_most_people_keep_a_primary_full() -> None:
    most = capacity.most_people(COSTS, AS_IT_IS, 300, 0.85)
    busy = sum(capacity.load(COSTS, AS_IT_IS, most, 300, 0.85).values())
    assert busy == pytest.approx(capacity.FULL, rel=0.01)


def test_four_primaries_carry_four_times_as_many() -> None:
    one, four = (capacity.most_people(COSTS, s, 300, 0.85) for s in (BY_QUEUE, SHARDED))
    assert four / one == pytest.approx(4, rel=0.01)


def test_handling_time_that_keeps_a_primary_busy() -> None:
    handling = capacity.handling_for(COSTS, BY_QUEUE, 5_000, 0.85, 0.8)
    busy = sum(capacity.load(COSTS, BY_QUEUE, 5_000, handling, 0.85).values())
    assert busy == pytest.approx(0.8)


def test_cost_of_reading_the_whole_floor_grows_with_it() -> None:
    by_queue = Setup("by queue", asks_floor=False)
    assert COSTS.arrival(AS_IT_IS, 20_000, 3_000) - COSTS.arrival(AS_IT_IS, 200, 30) > 0.05
    assert COSTS.arrival(by_queue, 20_000, 3_000) == COSTS.arrival(by_queue, 200, 30)


def test_measured_costs_and_times_load() -> None:
    assert primary.load().cores >= 1
    played = times.load()
    assert fmean(played.handling) == pytest.approx(1)
    assert fmean(played.gaps) == pytest.approx(1)


def test_tables_are_written_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end -->\n<!-- b -->\n<!-- end -->\nafter\n")
    found = {"a": tables.table(["x"], [[1]]), "b": "B\n"}
    tables.write(found, page)
    tables.write(found, page)
    assert page.read_text() == (
        "before\n<!-- a -->\n| x |\n| --- |\n| 1 |\n<!-- end -->\n"
        "<!-- b -->\nB\n<!-- end -->\nafter\n"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0042, "4.2 ms"), (0.016, "16 ms"), (0.512, "510 ms"), (29.96, "30.0 s"), (600, "10.0 min")],
)
def test_wait_is_formatted_with_its_unit(seconds: float, expected: str) -> None:
    assert tables.wait(seconds) == expected
