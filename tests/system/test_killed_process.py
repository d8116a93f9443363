"""`kill -9` in the middle of the work: nothing is lost, nothing done twice, all goes on."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from django.utils import timezone

from qc import imports, tasks
from qc.models import Import, ImportState, Queue, Task, User
from tests.databases import on_mariadb
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
    record = receive_large_file(queue)
    tasks.dispatch(record)
    until(lambda: written(record), within=60)
    site.kill("first")
    # What it had sent may still be committed; what it had not is undone.
    until(lambda: Task.objects.count() == written(record))
    assert 0 < written(record) < ROWS

    site.start("worker", "second")
    expire_lease(record)
    until(lambda: now(record).state == ImportState.DONE, within=60)
    done = now(record)
    assert (done.position, done.new, done.unchanged, done.refused) == (ROWS, ROWS, 0, 0)
    assert set(Task.objects.values_list("reference", flat=True)) == references()
    rows = Counter(Task.history.values_list("id", "kind"))
    assert rows == Counter((pk, "imported") for pk in Task.objects.values_list("pk", flat=True))


def references() -> set[str]:
    return {f"R-{n}" for n in range(ROWS)}


def receive_large_file(queue: Queue) -> Import:
    """Receive a large file, and confirm its import."""
    lines = "".join(f"{reference},Check,{queue.name}\n" for reference in references())
    file = BytesIO(f"reference,name,queue\n{lines}".encode())
    record = imports.receive(file, "large.csv", by=None)
    imports.confirm(record)
    return record


def now(record: Import) -> Import:
    return Import.objects.get(pk=record.pk)


def written(record: Import) -> int:
    """Return how many rows are written for good."""
    record = now(record)
    return record.position if record.state in (ImportState.WRITING, ImportState.DONE) else 0


def expire_lease(record: Import) -> None:
    """Let the lease of the killed worker be over."""
    long_ago = timezone.now() - timedelta(hours=1)
    Import.objects.filter(pk=record.pk).update(busy_until=long_ago)
