"""Arrival and handling times of a shift played on a real site.

Starts the site, lets `simulate_shift` play people, sends tasks one by one as another system would,
and writes the times from the database to shift_times.json. The model of a shift draws from them.
"""

import io
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from benchmarks import floor
from benchmarks.report import Table
from benchmarks.shift_model.shift import PRIORITIES
from benchmarks.web import web

TIMES = Path(__file__).parent / "shift_times.json"
PEOPLE = 24
HANDLING_SECONDS = 4
TASKS_A_SECOND = 3.6
MINUTES = 6
SEED = 11
DRAWN = 400


def run() -> Table:
    """Play the shift, and write its times."""
    play()
    found = observed()
    write(found)
    table = Table(
        "Shift times",
        f"{PEOPLE} simulated people for {MINUTES} minutes; {found['played']['done']} tasks done.",
        ["wait", "n", "p50, ms", "p95, ms", "p99, ms"],
    )
    for name in ("finish_to_next_ms", "arrival_to_free_person_ms"):
        table.rows.append([name.removesuffix("_ms").replace("_", " "), *found[name].values()])
    return table


def write(found: dict[str, Any]) -> None:
    """Write a line for each kind of time."""
    lines = [f'"{name}": {json.dumps(value)}' for name, value in found.items()]
    TIMES.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def play() -> None:
    """Let people work while tasks arrive. Raises CommandError when something went wrong."""
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    floor.clear()
    floor.add_queues()
    floor.add_people(PEOPLE, password=make_password("demo"))
    over = threading.Event()
    options = {"people": PEOPLE, "minutes": MINUTES, "handling": HANDLING_SECONDS, "seed": SEED}
    with web() as site:
        sender = threading.Thread(target=send, args=(over,))
        sender.start()
        try:
            call_command("simulate_shift", url=f"http://127.0.0.1:{site.port}", **options)
        finally:
            over.set()
            sender.join()


def send(over: threading.Event) -> None:
    """Add tasks one at a time, at random moments, until it is over."""
    from qc.imports import runner as import_runner

    dice = random.Random(SEED)
    number, due = 0, time.monotonic()
    # By the clock: the time that adding takes must not delay the next task.
    while not over.wait(max(0, due - time.monotonic())):
        number += 1
        due += dice.expovariate(TASKS_A_SECOND)
        (priority,) = dice.choices(list(PRIORITIES), list(PRIORITIES.values()))
        row = f"S-{number},Check it,Queue {dice.randint(1, floor.QUEUES)},{priority}"
        file = io.BytesIO(f"reference,name,queue,priority\n{row}\n".encode())
        import_runner.import_file(file, "sent.csv", by=None)


DONE = (
    "SELECT assignee_id, created_at, assigned_at, completed_at FROM qc_task"
    " WHERE status = 'completed' ORDER BY assignee_id, completed_at"
)
LEFT = "SELECT id, history_date FROM qc_historicaluser WHERE kind = 'signed out'"


class Done(NamedTuple):
    """A completed task."""

    person: int
    arrived: datetime
    assigned: datetime
    completed: datetime


def observed() -> dict[str, Any]:
    """Return the times in the database, in seconds, and the waits, in milliseconds.

    Handling times are those of people who got the task in the answer to completing another one:
    they begin at once, while who was free before has to notice the task first.
    """
    arrivals = floor.rows("SELECT created_at FROM qc_task ORDER BY created_at")
    # People who hold a task when the shift ends complete it at once.
    end = max(done.completed for pair in following() for done in pair)
    last = end - timedelta(seconds=2 * HANDLING_SECONDS)
    pairs = [(before, task) for before, task in following() if task.assigned < last]
    next_ones = [(before, task) for before, task in pairs if task.arrived < before.completed]
    came_later = [task for before, task in pairs if task.arrived > before.completed]
    return {
        "played": {
            "people": PEOPLE,
            "minutes": MINUTES,
            "handling_seconds": HANDLING_SECONDS,
            "arrived": len(arrivals),
            "done": len(floor.rows(DONE)),
        },
        "finish_to_next_ms": waits([seconds(b.completed, t.assigned) for b, t in next_ones]),
        "arrival_to_free_person_ms": waits([seconds(t.arrived, t.assigned) for t in came_later]),
        "handling_seconds": drawn([seconds(t.assigned, t.completed) for _, t in next_ones]),
        "gap_seconds": drawn([seconds(a, b) for (a,), (b,) in pairwise(arrivals)]),
    }


def following() -> Iterator[tuple[Done, Done]]:
    """Yield each task with the one before it by the same person, unless they left between."""
    left = defaultdict(list)
    for person, moment in floor.rows(LEFT):
        left[person].append(moment)
    for before, task in pairwise(map(Done._make, floor.rows(DONE))):
        stayed = not any(before.completed <= at <= task.assigned for at in left[task.person])
        if before.person == task.person and stayed:
            yield before, task


def seconds(begin: datetime, end: datetime) -> float:
    """Return the seconds between two moments of the database."""
    return (end - begin).total_seconds()


def waits(values: list[float]) -> dict[str, float]:
    """Return the number of these waits, and their median, 95th and 99th percentile in ms."""
    at = quantiles(values, n=100)
    return {"n": len(values)} | {f"p{p}": round(1000 * at[p - 1], 1) for p in (50, 95, 99)}


def drawn(values: list[float]) -> list[float]:
    """Return a few hundred of these values, evenly spread over all, in ascending order."""
    ordered = sorted(values)
    step = max(len(ordered) / DRAWN, 1)
    return [round(ordered[int(at * step)], 3) for at in range(int(len(ordered) / step))]
