"""Our claim against the same reads and writes in raw SQL, at 1, 4 and 16 connections."""

from collections.abc import Callable

from benchmarks import floor, raw
from benchmarks.clients import Crowd, at_once, timed
from benchmarks.report import Table, middle, ms

ROUNDS = 5
CLAIMS = 60
# The least speed against raw SQL, by the number of connections.
TARGETS = {1: 0.75, 16: 0.7}


def ours(person: int) -> int:
    """Hand out a task through the ORM, with its constraints and its history row; return its id."""
    from qc.work import assignment

    (task,) = assignment.hand_out(person)
    return task.pk


def measure(claim: Callable[[int], int], clients: int) -> Crowd:
    """Measure claims while so many clients claim and complete."""

    def work(person: int) -> list[float]:
        times = []
        for _ in range(max(CLAIMS // clients, 10)):
            taken, task = timed(lambda: claim(person))
            times.append(taken)
            raw.complete(task)
        return times

    return at_once(clients, work)


def run() -> Table:
    """Compare in alternating rounds."""
    floor.clear()
    floor.add_queues()
    floor.add_people(16)
    floor.add_tasks(100_000)
    table = Table(
        "Claim",
        "One claim of a person on three of twenty queues, 100,000 tasks waiting: lock the person,"
        " find and lock the most urgent task, assign it, write its history row, commit.",
        ["connections", "ours", "raw SQL", "raw / ours", "races lost by ours"],
    )
    for clients in (1, 4, 16):
        rounds = [(measure(ours, clients), measure(raw.claim, clients)) for _ in range(ROUNDS)]
        medians = [tuple(middle(crowd.times) for crowd in pair) for pair in rounds]
        mine, limit = (middle(side) for side in zip(*medians, strict=True))
        ratio = middle([theirs / our for our, theirs in medians])
        lost = sum(crowd.lost_races for crowd, _raw in rounds)
        table.rows.append([clients, ms(mine), ms(limit), f"{ratio:.2f}", lost])
        if clients in TARGETS:
            name = f"speed of our claim against raw SQL, {clients} connections"
            table.target(name, ratio, at_least=TARGETS[clients])
    return table
