"""Two beats and four sweepers at once, while people sign in, work and go: nobody notices."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from qc.models import Queue, Status, Task, User
from qc.work import presence
from tests.databases import on_mariadb
from tests.system.clients import Client, answers, assert_done_once, at_work
from tests.system.records import completions, most_held_at_once
from tests.system.site import Site, assert_sound, is_embedded
from tests.waiting import until

pytestmark = on_mariadb

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = (6, 60) if is_embedded() else (12, 150)
PILES = 3


BEATS = ["beat-1", "beat-2"]
SWEEPERS = ["sweeper-1", "sweeper-2", "sweeper-3", "sweeper-4"]


def start(site: Site) -> None:
    site.start_web()
    for kind, names in (("sweeper", SWEEPERS), ("beat", BEATS)):
        for name in names:
            site.start(kind, name)
    for name in SWEEPERS:
        site.wait_until_ready(name)


def end(site: Site) -> list[int]:
    """End all of them at the same time; return their exit codes."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(site.terminate, list(site.processes)))


def test_two_beats_and_four_sweepers_assign_once_without_alarms(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    vera, *people = hire(PEOPLE + 1)
    clients = [Client(site.url, person.username) for person in people]
    start(site)
    # She waits, and asks for nothing: only a sweep gives her a task.
    presence.sign_in(vera.pk)
    pile(queue, 1)
    until(lambda: Task.objects.held_by(vera).exists(), within=60)
    with at_work(clients, Client.come_and_go) as shift:
        for n in range(1, PILES + 1):
            pile(queue, TASKS // PILES)
            until(lambda n=n: shift.done() == n * TASKS // PILES, within=90)
        shift.end()

    assert_done_once(clients, completions())
    assert answers(clients).keys() == {200}
    assert most_held_at_once() == 1
    assert not Task.objects.exclude(status=Status.COMPLETED).exclude(assignee=vera).exists()
    assert_sound(site)
    assert set(end(site)) == {0}
    assert site.alarms() == []
