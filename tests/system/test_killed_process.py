"""`kill -9` in the middle of the work: nothing is lost, nothing done twice, all goes on."""

import os
import signal
from collections import Counter
from collections.abc import Callable

from qc import tasks
from qc.models import ImportState, Queue, Task, User
from tests.databases import on_mariadb
from tests.system import large_imports
from tests.system.clients import Client, answers, assert_done_once, at_work
from tests.system.records import completions, long_gone
from tests.system.site import Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = 16, 400
ROWS = 6_000


@on_mariadb
def test_killed_web_and_sweeper_lose_nothing(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    people, tasks = hire(PEOPLE), pile(queue, TASKS)
    site.start_web()
    site.start_sweeps()
    clients = [Client(site.url, person.username, patience=60) for person in people]
    with at_work(clients) as shift:
        until(lambda: shift.done() > 60, within=60)
        kill_one_of_the_web(site)
        until(lambda: shift.done() > 120, within=60)
        # Whatever runs the processes starts them again; nobody does anything else.
        site.kill("sweeper")
        site.start_sweeper()
        until(lambda: shift.done() > 180, within=60)
        site.kill("web")
        site.start_web()

    assert_done_once(clients, completions())
    assert len(completions()) == len(tasks)
    # Who was in the middle of a request got no answer, and nobody a wrong one.
    assert answers(clients).keys() == {200}
    assert any(client.notes.faults for client in clients)
    until(long_gone(people[0]), within=30)
    assert_sound(site)


def kill_one_of_the_web(site: Site) -> None:
    """Kill one of gunicorn's processes, and wait until it has started another."""
    before = site.booted()
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(site.booted()) > len(before), within=30)


@on_mariadb
def test_second_worker_continues_the_import_of_a_killed_one(site: Site, queue: Queue) -> None:
    site.start_sweeps()
    site.start("worker", "first")
    record = large_imports.receive(queue, ROWS)
    tasks.dispatch(record)
    until(lambda: large_imports.written(record), within=60)
    site.kill("first")
    # What it had sent may still be committed; what it had not is undone.
    until(lambda: Task.objects.count() == large_imports.written(record))
    assert 0 < large_imports.written(record) < ROWS

    site.start("worker", "second")
    large_imports.expire_lease(record)
    until(lambda: large_imports.now(record).state == ImportState.DONE, within=60)
    done = large_imports.now(record)
    assert (done.position, done.new, done.unchanged, done.refused) == (ROWS, ROWS, 0, 0)
    assert set(Task.objects.values_list("reference", flat=True)) == large_imports.references(ROWS)
    rows = Counter(Task.history.values_list("id", "kind"))
    assert rows == Counter((pk, "imported") for pk in Task.objects.values_list("pk", flat=True))
