"""The textbook way beside ours: how many tasks each gives to two people."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from django.db import OperationalError

from benchmarks import floor
from benchmarks.clients import at_once, timed
from benchmarks.report import Table, middle, ms
from qc.core.transactions import retrying

CLIENTS = 16
EACH = 40
# In place of a task's id, when somebody got an error instead.
ERROR = 0


def textbook(person: int) -> int:
    """Take the first waiting task, set its person, save: the code that one writes first."""
    from django.utils import timezone

    from qc.models import Task

    task = Task.objects.filter(status="pending").order_by("priority", "due_at", "id").first()
    assert task is not None
    task.status, task.assignee_id, task.slot = "assigned", person, 1
    task.assigned_at = timezone.now()
    task.save()
    return task.pk


def ours(person: int) -> int:
    """Hand out a task by QC Desk's own code."""
    from qc.work import assignment

    (task,) = assignment.hand_out(person)
    return task.pk


class Counts(NamedTuple):
    """How many tasks one way gave out, how many of them twice, its errors and its median."""

    tasks: int
    twice: int
    errors: int
    median: float


def measure(claim: Callable[[int], int]) -> Counts:
    """Let everybody ask for a task again and again, and complete each."""
    floor.clear()
    floor.add_queues()
    floor.add_people(CLIENTS)
    floor.add_tasks(20_000)
    floor.run("CREATE OR REPLACE TABLE bench_given (task BIGINT)")
    times = at_once(CLIENTS, lambda person: [ask(claim, person) for _ in range(EACH)]).times
    given = Counter(task for (task,) in floor.rows("SELECT task FROM bench_given"))
    errors = given.pop(ERROR, 0)
    return Counts(given.total(), sum(n > 1 for n in given.values()), errors, middle(times))


def ask(claim: Callable[[int], int], person: int) -> float:
    """Ask for a task and complete it; return how long the asking took, in seconds."""

    def attempt() -> int:
        try:
            return claim(person)
        except OperationalError:
            return ERROR

    taken, task = timed(attempt)
    floor.run("INSERT INTO bench_given VALUES (%s)", [task])
    retrying(floor.run)(
        "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = assigned_at,"
        " completed_at = assigned_at, outcome = 'passed' WHERE id = %s AND assignee_id = %s",
        [task, person],
    )
    return taken


def run() -> Table:
    """Compare at 16 clients."""
    table = Table(
        "Naive",
        f"{CLIENTS} people asking for work {EACH} times each: the textbook way (first waiting task,"
        " set its person, save) beside ours.",
        ["way", "given", "given to two people", "error pages", "time of one"],
    )
    for way, claim in (("textbook", textbook), ("ours", ours)):
        counts = measure(claim)
        table.rows.append([way, counts.tasks, counts.twice, counts.errors, ms(counts.median)])
    table.target("tasks that ours gave to two people", counts.twice, at_most=0)
    table.target("lost races that ours showed to anybody", counts.errors, at_most=0)
    return table
