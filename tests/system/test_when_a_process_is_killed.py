"""`kill -9` in the middle of 16 clients' work: nothing is lost, nothing done twice, all goes on."""

import os
import signal
from collections.abc import Callable

from qc.models import Queue, Task, User
from tests.databases import on_mariadb
from tests.system.clients import Client, answers, assert_done_once, at_work
from tests.system.records import completions, long_gone
from tests.system.site import Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = 16, 400


@on_mariadb
def test_web_and_worker_killed_lose_nothing_and_work_goes_on(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    people, tasks = hire(PEOPLE), pile(queue, TASKS)
    site.start_web()
    site.start_worker()
    site.start("beat")
    clients = [Client(site.url, person.username, patience=60) for person in people]
    with at_work(clients) as shift:
        until(lambda: shift.done() > 60, within=60)
        kill_one_of_the_web(site)
        until(lambda: shift.done() > 120, within=60)
        # Whatever runs the processes starts them again; nobody does anything else.
        site.kill("worker")
        site.start_worker()
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
    """Kills one of gunicorn's processes, and waits until it has started another."""
    before = site.booted()
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(site.booted()) > len(before), within=30)
