"""The textbook way beside ours: how many tasks each gave to two people."""

from collections import Counter
from collections.abc import Callable

from benchmarks import floor
from benchmarks.clients import at_once, timed
from benchmarks.report import Table, middle, ms

CLIENTS = 16
EACH = 40


def textbook(person: int) -> int:
    """Takes the first waiting task, sets its person, saves: what is written first."""
    from django.utils import timezone

    from qc.models import Task

    task = Task.objects.filter(status="pending").order_by("priority", "due_at", "id").first()
    assert task is not None
    task.status, task.assignee_id, task.slot = "assigned", person, 1
    task.assigned_at = timezone.now()
    task.save()
    return task.pk


def ours(person: int) -> int:
    """One hand-out."""
    from qc import assignment

    (task,) = assignment.hand_out(person)
    return task.pk


def measure(claim: Callable[[int], int]) -> tuple[int, int, float]:
    """Gives how many tasks were given, how many of them to two people, and the median time."""
    floor.clear()
    floor.add_queues()
    floor.add_people(CLIENTS)
    floor.add_tasks(20_000)
    floor.run("CREATE OR REPLACE TABLE bench_given (task BIGINT, person BIGINT)")

    def work(person: int) -> list[float]:
        times = []
        for _ in range(EACH):
            taken, task = timed(lambda: claim(person))
            times.append(taken)
            floor.run("INSERT INTO bench_given VALUES (%s, %s)", [task, person])
            floor.run(
                "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = assigned_at,"
                " completed_at = assigned_at, outcome = 'passed'"
                " WHERE id = %s AND assignee_id = %s",
                [task, person],
            )
        return times

    times = at_once(CLIENTS, work).times
    given = Counter(task for (task,) in floor.rows("SELECT task FROM bench_given"))
    twice = sum(1 for n in given.values() if n > 1)
    return CLIENTS * EACH, twice, middle(times)


def run() -> Table:
    """Compares at 16 clients."""
    table = Table(
        "Naive",
        f"{CLIENTS} people asking for work {EACH} times each: the textbook way (first waiting task,"
        " set its person, save) beside ours.",
        ["way", "given", "given to two people", "time of one"],
    )
    for way, claim in (("textbook", textbook), ("ours", ours)):
        given, twice, taken = measure(claim)
        table.rows.append([way, given, twice, ms(taken)])
    table.target("tasks that ours gave to two people", twice, at_most=0)
    return table
