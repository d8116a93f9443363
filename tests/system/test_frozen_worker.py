"""A worker and a sweeper that freeze in the middle of their work: others do it, and only once."""

from collections import Counter
from collections.abc import Callable

from qc import tasks
from qc.models import ImportState, Queue, Task, User
from qc.work import presence
from tests.databases import on_mariadb
from tests.system import large_imports
from tests.system.clients import Client, assert_done_once, at_work
from tests.system.records import completions, long_gone
from tests.system.site import Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS, ROWS = 6, 300, 6_000
BACKLOG = 2_000


@on_mariadb
def test_frozen_worker_and_sweeper_do_nothing_twice_when_they_go_on(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    *people, vanished = hire(PEOPLE)
    imported = Queue.objects.create(name="Outgoing goods", open_to_all=False)
    pile(queue, TASKS)
    presence.sign_in(vanished.pk)
    # What a frozen process has locked is free again after three seconds.
    site.variables = {"QC_DATABASE_SECONDS": "6"}
    site.start_web()
    site.start_jobs()
    record = large_imports.receive(imported, ROWS)
    clients = [Client(site.url, person.username, handling=0.1) for person in people]
    with at_work(clients) as shift:
        tasks.dispatch(record)
        until(lambda: large_imports.written(record), within=60)
        site.freeze("worker")
        site.freeze("sweeper")
        assert large_imports.now(record).state == ImportState.WRITING
        large_imports.expire_lease(record)
        site.start_worker("worker-2")
        site.start("sweeper", "sweeper-2")
        until(long_gone(vanished), within=30)
        until(lambda: large_imports.now(record).state == ImportState.DONE, within=60)
        site.kill("sweeper-2")
        for _ in range(BACKLOG):
            tasks.sweep.delay()
        site.thaw("worker")
        site.thaw("sweeper")
        until(lambda: "sweep: dropped" in site.printed_by("sweeper"), within=20)
        until(lambda: shift.done() == TASKS, within=60)
        shift.end()

    assert_done_once(clients, completions())
    rows = Counter(Task.history.filter(kind="imported").values_list("reference", flat=True))
    assert rows == Counter(large_imports.references(ROWS))
    assert {name: one.poll() for name, one in site.processes.items()} == dict.fromkeys(
        site.processes
    )
    assert site.printed_by("sweeper").count("sweep: dropped") < 3
    assert_sound(site)
