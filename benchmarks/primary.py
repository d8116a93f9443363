"""What one database primary can do: how long each kind of work keeps one of its cores busy.

QC Desk's own statements in raw SQL, without the web before them. Writes primary.json, from which
the model of a shift takes its costs. The clients share the cores with the database, so a primary
with a machine to itself does more.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import floor, raw
from benchmarks.clients import at_once, timed
from benchmarks.report import Table

COSTS = Path(__file__).parent / "primary.json"
CONNECTIONS = 16
EACH = 40
ROUNDS = 12
MANY, SOME, FREE = 20_000, 200, 3_000
A_MINUTE, ASKS_EVERY = 60, 3


def run() -> Table:
    """Measure everything, and write primary.json."""
    cores = os.cpu_count() or 1
    rates = best_rates()
    costs = {name: 1000 * cores / rate for name, rate in rates.items()} | {"assigned": sweep_ms()}
    found = {
        "cores": cores,
        "connections": CONNECTIONS,
        "a_second": {name: round(rate) for name, rate in rates.items()},
        "busy_core_ms": rounded(costs),
        "arrival_reads_ms": rounded(reads([1])),
        "sweep_reads_ms": rounded(reads(None)),
    }
    COSTS.write_text(json.dumps(found, indent=2) + "\n")
    return table_of(found)


def table_of(found: dict[str, Any]) -> Table:
    """Return the figures as a table."""
    table = Table(
        "Primary",
        f"How long each kind of work keeps one of {found['cores']} cores busy, at {CONNECTIONS}"
        " connections.",
        ["work", "busy core"],
    )
    for kind in ("busy_core_ms", "arrival_reads_ms", "sweep_reads_ms"):
        for name, cost in found[kind].items():
            table.rows.append([f"{kind.removesuffix('_ms')}: {name}", f"{cost} ms"])
    return table


def best_rates() -> dict[str, float]:
    """Return how many of each kind of work 16 connections do a second.

    The best of many short rounds: whatever else the machine does only makes them slower.
    """
    fill(people=CONNECTIONS, tasks=100_000)
    minute = looks_of_a_minute()
    rounds = [rates(number, minute) for number in range(ROUNDS)]
    return {name: max(found[name] for found in rounds) for name in rounds[0]}


def rates(number: int, minute: list[list[str]]) -> dict[str, float]:
    """Return the rates of one round."""
    times, whole, _lost = at_once(CONNECTIONS, cycles)
    done, claims, completions = len(times) / 2 / whole, sum(times[::2]), sum(times[1::2])
    return {
        "complete_and_next": done,
        # Both were under way at once: each gets its part of the time.
        "claim": done * (claims + completions) / claims,
        "complete": done * (claims + completions) / completions,
        "arrive": rate_of(lambda person: [arrive(f"{number}-{person}-{n}") for n in range(EACH)]),
        "look": rate_of(lambda _: [replay(look) for look in 4 * minute]),
        "seen": rate_of(lambda person: [seen(person) for _ in range(EACH)]),
    }


def sweep_ms() -> float:
    """Return the milliseconds that a sweep takes for each task that it hands out."""
    fill(people=3_000, tasks=10_000)
    times = []
    for _ in range(3):
        taken, assigned = timed(lambda: raw.sweep(200))
        times.append(1000 * taken / assigned)
        floor.run(
            "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = assigned_at,"
            " completed_at = assigned_at, outcome = 'passed' WHERE status = 'assigned'"
        )
    return min(times)


def reads(queues: list[int] | None) -> dict[str, float]:
    """Return the milliseconds that finding takers takes, of some queues or, in a sweep, of all.

    `there` is the part of each person who is logged in, `free` the further part of each who is
    free, `base` what remains.
    """
    small, many, free = (match_ms(queues, *sizes) for sizes in ((SOME, 0), (MANY, 0), (MANY, FREE)))
    there = (many - small) / (MANY - SOME)
    return {"base": small - SOME * there, "there": there, "free": max(free - many, 0) / FREE}


def match_ms(queues: list[int] | None, people: int, free: int) -> float:
    """Return how long the reads of a hand-out to everybody take, while nothing waits."""
    from qc.work import matching

    fill(people=people, tasks=people - free)
    floor.run(
        "UPDATE qc_task SET status = 'assigned', assignee_id = 1 + id - (SELECT low FROM"
        " (SELECT MIN(id) AS low FROM qc_task) AS lowest), slot = 1, assigned_at = NOW(6)"
    )
    floor.run("ANALYZE TABLE qc_task, qc_user, qc_queue_people")
    statements = captured(lambda: matching.match(queues))
    return 1000 * min(replay(statements) for _ in range(20))


def cycles(person: int) -> list[float]:
    """Return the seconds of claim, completion, claim, completion …"""
    return [taken for _ in range(EACH) for taken in cycle(person)]


def cycle(person: int) -> tuple[float, float]:
    """Claim and complete a task; return the seconds of each."""
    claim, task = timed(lambda: raw.claim(person))
    return claim, timed(lambda: raw.complete(task))[0]


def arrive(reference: str) -> float:
    """Add a task with its history row; return the seconds."""
    return timed(lambda: raw.arrive(reference, 1 + sum(reference.encode()) % floor.QUEUES))[0]


def seen(person: int) -> float:
    """Note that a person is still there; return the seconds."""
    update = "UPDATE qc_user SET last_seen_at = NOW(6) WHERE id = %s AND is_logged_in = 1"
    return timed(lambda: floor.run(update, [person]))[0]


def looks_of_a_minute() -> list[list[str]]:
    """Return the statements by which *My work* finds out in a minute that nothing is new.

    It asks every three seconds with what it has seen; once a minute it is looked at in full.
    """
    from django.contrib.auth.models import Permission
    from django.test import Client

    from qc.admin.my_work.state import MyWorkState
    from qc.models import User

    task = raw.claim(1)
    person = User.objects.get(pk=1)
    person.user_permissions.add(Permission.objects.get(codename="work_task"))
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    headers = {"QC-Drawn-For": "1/qc1", "QC-Active": "no"}
    address = f"/admin/my-work/panel/?seen={MyWorkState(person).version}&held={task}"
    look = client.get(address, headers=headers)["QC-Look"]
    full = captured(lambda: client.get(address, headers=headers))
    light = captured(lambda: client.get(f"{address}&look={look}", headers=headers))
    raw.complete(task)
    return [full, *[light] * (A_MINUTE // ASKS_EVERY - 1)]


def captured(act: Callable[[], object]) -> list[str]:
    """Return the reads that `act` sends to the database when it is called a second time."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries if query["sql"].startswith(("SELECT", "(SELECT"))]


def replay(statements: list[str]) -> float:
    """Send statements as they are; return the seconds."""
    from django.db import connection

    def send() -> None:
        cursor = connection.cursor().cursor
        for sql in statements:
            cursor.execute(sql)
            cursor.fetchall()

    return timed(send)[0]


def rate_of(work: Callable[[int], list[float]]) -> float:
    """Return how often 16 connections do this work in a second."""
    times, whole, _lost = at_once(CONNECTIONS, work)
    return len(times) / whole


def fill(*, people: int, tasks: int) -> None:
    """Empty the floor, and fill it with free people and waiting tasks."""
    floor.clear()
    floor.add_queues()
    floor.add_people(people)
    if tasks:
        floor.add_tasks(tasks)


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Return the values with their significant digits."""
    return {name: float(f"{value:.3g}") for name, value in values.items()}
