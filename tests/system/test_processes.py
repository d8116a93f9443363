"""The processes as the Procfile starts them: what one misses another makes up for."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from qc.models import Queue, Task, User
from qc.work import actions
from tests.databases import on_mariadb
from tests.system.site import START_SECONDS, Site, assert_sound
from tests.waiting import until

pytestmark = on_mariadb

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]


def holders() -> set[str]:
    """Who has a task now."""
    return set(Task.objects.held().values_list("assignee__username", flat=True))


def test_sweep_hands_out_what_no_event_did(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    for person in hire(3):
        actions.sign_in(person.pk)
    pile(queue, 5)
    site.start_sweeps()
    until(lambda: holders() == {"qc1", "qc2", "qc3"}, within=20)
    assert_sound(site)


def test_next_sweeper_makes_up_for_one_killed_between_sweeps(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    site.start("beat")
    for person in hire(3):
        actions.sign_in(person.pk)
        pile(queue, 1)
        site.start_sweeper()
        until(lambda name=person.username: name in holders(), within=20)
        site.kill("sweeper")
    assert_sound(site)


def test_sweeper_killed_during_a_sweep_leaves_nothing_half_done(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    gone, there = hire(2)
    [task] = pile(queue, 1)
    actions.sign_in(gone.pk)
    actions.sign_in(there.pk)
    long_ago = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=gone.pk).update(last_seen_at=long_ago)
    site.start("beat")
    with transaction.atomic():
        # The sweep signs the person out and then waits for their task, which is locked here.
        Task.objects.select_for_update().get(pk=task.pk)
        site.start_sweeper()
        # MariaDB answers from a copy that it renews only when nobody has read it for a while.
        until(waits_for_a_lock, within=20, every=0.5)
        site.kill("sweeper")
        assert User.objects.get(pk=gone.pk).is_logged_in
    assert_sound(site)
    site.start_sweeper("sweeper-2")
    until(lambda: holders() == {there.username}, within=60)
    assert not User.objects.get(pk=gone.pk).is_logged_in
    assert_sound(site)


def waits_for_a_lock() -> bool:
    """Return whether somebody waits for what this test has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_lock_waits")
        return bool(cursor.fetchone()[0])


def test_processes_exit_cleanly_on_sigterm(site: Site) -> None:
    site.start_web()
    site.start_jobs()
    beat = site.processes["beat"]
    until(lambda: catches(signal.SIGTERM, beat.pid), within=START_SECONDS)
    assert [site.terminate(name) for name in list(site.processes)] == [0, 0, 0, 0]
    assert "Traceback" not in "".join(log.read_text() for log in site.folder.glob("*.log"))


def catches(number: signal.Signals, pid: int) -> bool:
    """Return whether a process has got so far that it handles a signal itself."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
