"""Two machines, of which a process is killed every 20 seconds, while people work and files come.

Each machine has web, worker, sweeper and beat with a folder of its own; whatever is killed is
started again, as systemd does. Run it by `make soak`.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from qc.models import Import, ImportState, Queue, Role, Status, Task, User
from qc.work import presence
from tests.conftest import person
from tests.databases import on_mariadb
from tests.system.clients import Client, Manager, Shift, answers, assert_done_once, at_work
from tests.system.records import completions, long_gone
from tests.system.site import START_SECONDS, Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
KILL_EACH = 20
# The longest that a call or a sweep may take, whatever is killed. An import whose worker was killed
# is its own for a minute.
SECONDS = 30
KINDS = ("web", "worker", "sweeper", "beat")
PEOPLE, ROWS = 12, 150


@pytest.fixture
def machines(transactional_db: None, tmp_path: Path) -> Iterator[list[Site]]:
    """Two machines that run everything, on the same database and broker."""
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        # A file of more than 100 rows is a worker's.
        found.append(Site(tmp_path / name, variables={"QC_IMPORT_ROWS": "100"}))
    for machine in found:
        machine.start_web()
        machine.start_jobs()
    yield found
    for machine in found:
        machine.stop()


class Killer:
    """Kills the processes one after the other, and starts each again at once."""

    def __init__(self, machines: list[Site]) -> None:
        self.victims = itertools.cycle(itertools.product(KINDS, machines))
        self.killed: list[str] = []

    def strike(self) -> None:
        kind, machine = next(self.victims)
        name = next(name for name in machine.processes if name.startswith(kind))
        machine.kill(name)
        self.killed.append(f"{kind} of {machine.folder.name}")
        machine.start(kind, f"{kind}-{len(self.killed)}")
        if kind == "web":
            until(machine.answers, within=START_SECONDS)


@on_mariadb
def test_nothing_is_lost_or_done_twice_while_processes_are_killed(
    machines: list[Site], queue: Queue, hire: Hire, pile: Pile
) -> None:
    *people, vanished = hire(PEOPLE + 1)
    person("mona", Role.MANAGERS)
    piled = len(pile(queue, 200))
    urls = itertools.cycle(machine.url for machine in machines)
    clients = [Client(next(urls), one.username, patience=60, handling=0.5) for one in people]
    mona = Manager(machines[0].url, "mona", patience=60)
    killer = Killer(machines)
    imports: list[int] = []
    end = monotonic() + 60 * MINUTES
    for client in (*clients, mona):
        client.end = end + 300
    mona.sign_in()
    with at_work(clients, Client.work_until_the_end) as shift:
        until(lambda: shift.done() > PEOPLE, within=60)
        while monotonic() < end:
            strike_again = monotonic() + KILL_EACH
            imports.append(mona.begin_import(ROWS))
            killer.strike()
            assert_swept(vanished)
            shift.done()
            Event().wait(max(0, strike_again - monotonic()))
        until(lambda: all(map(is_done, imports)), within=4 * SECONDS)
        shift.end()

    report(shift, killer, mona)
    assert max(client.notes.longest for client in clients) < SECONDS
    assert answers(clients).keys() <= {200, 503}
    assert_done_once(clients, completions())
    assert Task.objects.count() == piled + ROWS * len(imports)
    assert Task.history.filter(kind="imported").count() == ROWS * len(imports)
    assert_sound(machines[0])
    until(lambda: machines[0].manage("verify_audit").returncode == 0, within=120)
    assert "Traceback" not in "".join(log.read_text() for log in logs_of_web(machines))


def assert_swept(vanished: User) -> None:
    """A person who is long gone is signed out in time, whatever was just killed."""
    presence.sign_in(vanished.pk)
    until(long_gone(vanished), within=SECONDS)


def is_done(pk: int) -> bool:
    return Import.objects.get(pk=pk).state == ImportState.DONE


def logs_of_web(machines: list[Site]) -> Iterator[Path]:
    for machine in machines:
        yield from machine.folder.glob("web*.log")


def report(shift: Shift, killer: Killer, mona: Manager) -> None:
    """Print what happened."""
    notes = [client.notes for client in shift.clients]
    print(f"\n{len(killer.killed)} processes killed: {', '.join(killer.killed)}")
    print(f"{shift.done()} tasks completed by {len(notes)} people, {mona.files} files imported")
    print(f"answers: {dict(answers(shift.clients))}, no answer or 5xx, asked again: ", end="")
    print(sum(len(note.faults) for note in notes))
    print(f"the longest that somebody waited for an answer: {max(n.longest for n in notes):.1f} s")
    print(f"left: {Task.objects.exclude(status=Status.COMPLETED).count()} tasks")
