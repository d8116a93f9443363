"""A worker all of whose threads are held for long holds up no sweep: these have a process."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qc.models import Queue, Task, User
from qc.work import presence
from tests.system.site import Site
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]


@pytest.fixture
def locked_file(tmp_path: Path) -> Iterator[Path]:
    """A file for copies of the seals that somebody has locked: who writes a copy waits."""
    path = tmp_path / "seals"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield path


def waiting_for(file: Path) -> int:
    """Return how many wait for the lock of a file."""
    inode = f":{file.stat().st_ino} "
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return sum(inode in line for line in waiting)


def test_sweeps_go_on_while_jobs_hold_all_threads_of_the_worker(
    site: Site, queue: Queue, hire: Hire, pile: Pile, locked_file: Path
) -> None:
    site.variables = {"QC_SEAL_FILE": str(locked_file), "QC_WORKER_THREADS": "2"}
    [anna] = hire(1)
    site.start_jobs()
    ask = "from qc import tasks; tasks.seal.delay(); tasks.seal.delay()"
    assert site.manage("shell", "-c", ask).returncode == 0
    until(lambda: waiting_for(locked_file) == 2, within=30)

    presence.sign_in(anna.pk)
    pile(queue, 1)
    until(lambda: Task.objects.held_by(anna).exists(), within=20)
    assert waiting_for(locked_file) == 2
