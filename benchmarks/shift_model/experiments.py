"""The shifts to play: sizes, ways of handing out, fairness, and a primary that is nearly full."""

import multiprocessing
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.shift_model import capacity, primary, times
from benchmarks.shift_model.measures import Outcome
from benchmarks.shift_model.primary import AS_IT_IS, BY_QUEUE, Costs, Setup
from benchmarks.shift_model.shift import Plan, Shift

SIZES = (200, 2_000, 20_000)
SWEEPS = (None, 1, 5, 15, 30, 60)
UTILISATIONS = (0.85, 0.95)
HANDLING = 300
# The larger the floor, the shorter it needs to be played for the same number of tasks.
HOURS = {200: 24, 2_000: 3, 20_000: 0.5}
FAIRNESS = ((200, 1), (200, 8), (2_000, 1), (2_000, 8), (20_000, 1))
NEARLY_FULL = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


class Played(NamedTuple):
    """A plan, and the outcome of its shift."""

    plan: Plan
    outcome: Outcome


def setup_of(people: int) -> Setup:
    """Return the set-up for a floor of this size: QC Desk as it is where one primary suffices."""
    return AS_IT_IS if people <= 2_000 else BY_QUEUE


def waits() -> list[Plan]:
    """Return the plans of each size with each way of handing out, at each utilisation."""
    return [
        Plan(people, part, sweep, setup_of(people), HOURS[people], HANDLING)
        for part in UTILISATIONS
        for people in SIZES
        for sweep in SWEEPS
    ]


def fairness() -> list[Plan]:
    """Return the plans of each size and length, with the longest idle next and with anybody."""
    return [
        Plan(people, UTILISATIONS[0], None, setup_of(people), hours, HANDLING, is_fair)
        for people, hours in FAIRNESS
        for is_fair in (True, False)
    ]


def nearly_full(costs: Costs) -> list[Plan]:
    """Return plans of the largest floor with ever shorter tasks, until its primary is full."""
    people, part = SIZES[-1], UTILISATIONS[0]
    return [
        Plan(people, part, None, BY_QUEUE, 0.02, handling)
        for busy in NEARLY_FULL
        for handling in [capacity.handling_for(costs, BY_QUEUE, people, part, busy)]
    ]


def play(plan: Plan) -> Played:
    """Play one shift."""
    return Played(plan, Shift(plan, times.load(), primary.load()).run())


def play_all(plans: Sequence[Plan]) -> list[Played]:
    """Play all plans, the largest first, on all cores; return them in their order."""
    largest = sorted(range(len(plans)), key=lambda at: -plans[at].people * plans[at].hours)
    with multiprocessing.get_context("spawn").Pool() as pool:
        played = pool.map(play, [plans[at] for at in largest], chunksize=1)
    return [one for _at, one in sorted(zip(largest, played, strict=True), key=lambda pair: pair[0])]
