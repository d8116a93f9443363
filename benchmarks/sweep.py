"""The set-based sweep against the same statements in raw SQL."""

from collections.abc import Callable

from benchmarks import floor, raw
from benchmarks.clients import timed
from benchmarks.report import Table, middle, ms

PEOPLE = (10, 100, 1_000, 5_000)
ROUNDS = 5


def measure(sweep: Callable[[], int], people: int) -> float:
    """Return the seconds of one sweep over so many free people, and free them again."""
    taken, assigned = timed(sweep)
    assert assigned == people, f"{assigned} of {people} got a task"
    floor.run(
        "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = assigned_at,"
        " completed_at = assigned_at, outcome = 'passed' WHERE status = 'assigned'"
    )
    return taken


def run() -> Table:
    """Compare in alternating rounds, for more and more people."""
    from qc.work import matching

    table = Table(
        "Sweep",
        "One pass over people who are all free, 20 queues of which each serves three, 100,000 tasks"
        " waiting: read, match, lock, assign, write history.",
        ["free people", "ours", "raw SQL", "ours / raw", "ours for each person"],
    )
    each: dict[int, float] = {}
    for people in PEOPLE:
        floor.clear()
        floor.add_queues()
        floor.add_people(people)
        floor.add_tasks(100_000)
        rounds = [
            (measure(matching.match, people), measure(lambda: raw.sweep(matching.BATCH), people))
            for _ in range(ROUNDS)
        ]
        mine, limit = (middle([pair[side] for pair in rounds]) for side in (0, 1))
        ratio, each[people] = middle([ours / raws for ours, raws in rounds]), mine / people
        table.rows.append([f"{people:,}", ms(mine), ms(limit), f"{ratio:.2f}", ms(each[people])])
        if people == 1_000:
            table.target("sweep of 1,000 people against raw SQL", ratio, at_most=1.5)
    growth = each[5_000] / each[1_000]
    table.target("time for each person at 5,000 against 1,000", growth, at_most=1.3)
    return table
