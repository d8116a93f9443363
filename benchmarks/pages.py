"""What it costs to draw the pages: statements, CPU of the web process, and bytes.

With `BENCH_BEFORE=<path of another checkout>` the pages of that one are drawn too, in turn.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import drawn_pages, floor, trail
from benchmarks.report import Table, middle, ms

HISTORY = 100_000
WAITING, COMPLETED = 86_000, 12_000
# Of the people who are signed in some are busy and some on a break; the others are free.
PEOPLE, BUSY, BREAKS = 60, 50, "51 AND 55"
ROLES = {"manager": "Managers", "auditor": "Auditors", "admin": None}
ROUNDS = 5
HERE = Path(__file__).resolve().parent.parent
# Of the CPU before.
MOST = 0.6

Costs = dict[str, dict[str, Any]]


def run() -> Table:
    """Fill a floor, draw each page, and return the table."""
    _fill()
    before = os.environ.get("BENCH_BEFORE")
    trees = [Path(before), HERE] if before else [HERE]
    with TemporaryDirectory() as files:
        for tree in trees:
            _python(tree, files, "manage.py", "collectstatic", "--noinput", "--verbosity=0")
        rounds = [[_draw(tree, files) for tree in trees] for _ in range(ROUNDS)]
    *earlier, now = [_merged(costs) for costs in zip(*rounds, strict=True)]
    return _compared(earlier[0], now) if earlier else _alone(now)


def _alone(now: Costs) -> Table:
    table = _table(["page", "statements", "CPU", "bytes"])
    table.rows = [
        [page, cost["statements"], ms(cost["seconds"]), f"{cost['bytes']:,}"]
        for page, cost in now.items()
    ]
    return table


def _compared(before: Costs, now: Costs) -> Table:
    table = _table(["page", "statements", "CPU before", "CPU", "ratio", "bytes before", "bytes"])
    for page, cost in now.items():
        old = before[page]
        ratio = cost["seconds"] / old["seconds"]
        statements = f"{old['statements']} → {cost['statements']}"
        times = [ms(old["seconds"]), ms(cost["seconds"]), f"{ratio:.2f}"]
        table.rows.append([page, statements, *times, f"{old['bytes']:,}", f"{cost['bytes']:,}"])
        table.target(f"{page}: CPU against before", ratio, at_most=MOST)
    return table


def _table(head: list[str]) -> Table:
    n = WAITING + COMPLETED + trail.TASKS
    about = (
        f"{floor.QUEUES} queues, {PEOPLE} people signed in, {n:,} tasks, {HISTORY:,} rows of"
        " history; each page through the WSGI application, without the time of the database."
        f" Medians of {ROUNDS} rounds."
    )
    return Table("Pages", about, head)


def _draw(tree: Path, files: str) -> Costs:
    """Draw the pages of a checkout in a process of its own."""
    costs: Costs = json.loads(_python(tree, files, drawn_pages.__file__))
    return costs


def _python(tree: Path, files: str, *command: str) -> bytes:
    """Return what a program of this checkout prints; its static files are among `files`."""
    env = os.environ | {"PYTHONPATH": str(tree), "QC_VAR_DIR": f"{files}/{tree.name}"}
    done = subprocess.run([sys.executable, *command], cwd=tree, env=env, check=True, stdout=PIPE)
    return done.stdout


def _merged(rounds: tuple[Costs, ...]) -> Costs:
    """Return the costs of the first round with the median of all times."""
    return {
        page: cost | {"seconds": middle([middle(one[page]["seconds"]) for one in rounds])}
        for page, cost in rounds[0].items()
    }


def _fill() -> None:
    """Fill a floor in the middle of a shift, with some days of completed tasks behind it."""
    trail.fill(HISTORY)
    floor.add_tasks(WAITING)
    floor.run("UPDATE qc_task SET due_at = NOW(6) + INTERVAL id SECOND - INTERVAL 1 HOUR")
    floor.add_tasks(COMPLETED, status="completed")
    floor.run(
        f"UPDATE qc_task SET assignee_id = 1 + MOD(id, {PEOPLE}), due_at = NOW(6),"
        " completed_at = NOW(6) - INTERVAL MOD(id, 10000) * 30 SECOND,"
        " started_at = completed_at - INTERVAL 5 MINUTE, assigned_at = started_at,"
        " created_at = started_at - INTERVAL 2 HOUR WHERE status = 'completed'"
    )
    floor.run(
        "UPDATE qc_user SET is_logged_in = 0, idle_since = NULL,"
        f" last_seen_at = NOW(6) - INTERVAL id MINUTE WHERE id > {PEOPLE}"
    )
    floor.run(f"UPDATE qc_user SET break_reason = 'Lunch' WHERE id BETWEEN {BREAKS}")
    floor.run(
        "UPDATE qc_task SET status = 'assigned', slot = 1, assignee_id = id - 100,"
        " assigned_at = NOW(6) - INTERVAL id SECOND, shown_at = assigned_at,"
        f" started_at = NOW(6) WHERE id BETWEEN 101 AND {100 + BUSY}"
    )
    floor.run("ANALYZE TABLE qc_task")
    # So that people can correct all that they completed today.
    floor.run("UPDATE qc_queue SET correct_within = 86400000000")
    floor.run(f"UPDATE qc_user SET last_seen_at = NOW(6) WHERE id <= {PEOPLE}")
    for name, role in ROLES.items():
        _add_user(name, role)


def _add_user(name: str, role: str | None) -> None:
    from django.contrib.auth.models import Group

    from qc.models import User

    user = User.objects.create(username=name, is_staff=True, is_superuser=role is None)
    user.groups.set(Group.objects.filter(name=role))
