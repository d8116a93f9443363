"""Claiming, and completing with the next, as the backlog and the past grow."""

from benchmarks import floor, raw
from benchmarks.clients import timed
from benchmarks.report import Table, middle, ms

TIMES = 150
SIZES = (1_000, 100_000, 1_000_000)


def claims() -> float:
    """Gives the median time of a claim."""
    from qc import assignment

    times = []
    for _ in range(TIMES):
        taken, (task,) = timed(lambda: assignment.hand_out(1))
        times.append(taken)
        raw.complete(task.pk)
    return middle(times)


def cycles() -> float:
    """Gives the median time of completing a task and getting the next."""
    from qc import assignment, desk, lifecycle
    from qc.models import User

    person = User.objects.get(pk=1)
    (task,) = assignment.hand_out(1)
    times = []
    for _ in range(TIMES):
        taken, (_done, following) = timed(lambda task=task: desk.complete(task.pk, by=person))
        assert following is not None
        times.append(taken)
        task = following
    lifecycle.complete(task.pk, by=person)
    return middle(times)


def run() -> Table:
    """Measures at each size, and once more with ten completed tasks for each waiting one."""
    table = Table(
        "Growth",
        "The same person and queues while more and more waits, and then while much more is done.",
        ["waiting", "completed", "claim", "complete and next"],
    )
    measured = [at(waiting=size, completed=0) for size in SIZES]
    measured.append(at(waiting=SIZES[1], completed=10 * SIZES[1]))
    for size, done, *times in measured:
        table.rows.append([f"{size:,}", f"{done:,}", *(ms(taken) for taken in times)])
    smallest, *larger = measured
    for size, done, claim, cycle in larger:
        where = f"{size:,} waiting, {done:,} done, against {smallest[0]:,} waiting"
        table.target(f"claim at {where}", claim / smallest[2], at_most=1.2)
        table.target(f"complete and next at {where}", cycle / smallest[3], at_most=1.2)
    return table


def at(*, waiting: int, completed: int) -> tuple[int, int, float, float]:
    """Gives the sizes and the two medians for one floor."""
    floor.clear()
    floor.add_queues()
    floor.add_people(1)
    floor.add_tasks(waiting)
    if completed:
        floor.add_tasks(completed, status="completed")
    claims(), cycles()  # warm
    return waiting, completed, claims(), cycles()
