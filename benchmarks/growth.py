"""Claiming, and completing with the next, as waiting and completed tasks grow in number."""

from typing import NamedTuple

from benchmarks import floor, raw
from benchmarks.clients import timed
from benchmarks.report import Table, middle, ms

ROUNDS = 5
TIMES = 60


class Size(NamedTuple):
    """How many tasks wait, and how many are completed."""

    waiting: int
    completed: int

    def __str__(self) -> str:
        return f"{self.waiting:,} waiting, {self.completed:,} completed"


MOST = 1_000_000
SIZES = (Size(1_000, 0), Size(100_000, 0), Size(MOST, 0), Size(100_000, 1_000_000))


def claims() -> float:
    """Return the median time of a claim, in seconds."""
    from qc.work import assignment

    times = []
    for _ in range(TIMES):
        taken, (task,) = timed(lambda: assignment.hand_out(1))
        times.append(taken)
        raw.complete(task.pk)
    return middle(times)


def cycles() -> float:
    """Return the median time of completing a task and getting the next, in seconds."""
    from qc.models import User
    from qc.work import actions, assignment, lifecycle

    person = User.objects.get(pk=1)
    (task,) = assignment.hand_out(1)
    times = []
    for _ in range(TIMES):
        taken, (_done, following) = timed(lambda task=task: actions.complete(task.pk, by=person))
        assert following is not None
        times.append(taken)
        task = following
    lifecycle.complete(task.pk, by=person)
    return middle(times)


def run() -> Table:
    """Fill a floor of each size, and measure on all of them in each round."""
    for number, size in enumerate(SIZES):
        floor.open_up(number)
        fill(size)
    rounds = [[measured(number) for number in range(len(SIZES))] for _ in range(ROUNDS + 1)]
    table = Table(
        "Growth",
        "The same person on three of twenty queues while more and more waits, and then while much"
        " more is done; × is against the first floor in the same round. The database has its usual"
        " 128 MB of memory, less than the largest floors take: the rows read are the same, but"
        " more of them come from the disk's cache.",
        ["floor", "claim", "×", "complete and next", "×"],
    )
    # The first round warms the database's memory up.
    for number, size in enumerate(SIZES):
        add(table, size, [each[number] for each in rounds[1:]], [each[0] for each in rounds[1:]])
    for number in range(len(SIZES)):
        floor.remove(number)
    floor.open_up()
    return table


def add(
    table: Table, size: Size, times: list[tuple[float, ...]], smallest: list[tuple[float, ...]]
) -> None:
    """Add a size's medians, and its ratios to the smallest floor in the same round."""
    row: list[object] = [str(size)]
    for side, what in enumerate(("claim", "complete and next")):
        ratio = middle([one[side] / base[side] for one, base in zip(times, smallest, strict=True)])
        row += [ms(middle([one[side] for one in times])), f"{ratio:.2f}"]
        if size.waiting == MOST:
            table.target(f"{what} with {size}, against {SIZES[0]}", ratio, at_most=1.2)
    table.rows.append(row)


def fill(size: Size) -> None:
    """Put a person, queues and tasks into the floor that is open."""
    floor.add_queues()
    floor.add_people(1)
    floor.add_tasks(size.waiting)
    if size.completed:
        floor.add_tasks(size.completed, status="completed")


def measured(number: int) -> tuple[float, float]:
    """Return both medians of one floor, and let its tasks wait again."""
    floor.go_to(number)
    begun = floor.one("SELECT NOW(6)")
    medians = claims(), cycles()
    floor.put_back(begun)
    return medians
