"""A worker all of whose threads are held for long holds up no sweep: these have a process."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qc.models import ImportState, Queue, Task, User
from qc.work import presence
from tests.system import large_imports
from tests.system.site import Site
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

ROWS = 60_000


@pytest.fixture
def locked_file(tmp_path: Path) -> Iterator[Path]:
    """A file for copies of the seals that somebody has locked: who writes a copy waits."""
    path = tmp_path / "seals"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield path


def waits_for(file: Path) -> bool:
    """Return whether a process waits for the lock of a file."""
    inode = f":{file.stat().st_ino} "
    waiting = (line for line in Path("/proc/locks").read_text().splitlines() if "->" in line)
    return any(inode in line for line in waiting)


def test_sweeps_go_on_while_an_import_and_a_nightly_job_hold_the_worker(
    site: Site, queue: Queue, hire: Hire, pile: Pile, locked_file: Path
) -> None:
    site.variables = {"QC_SEAL_FILE": str(locked_file), "WORKER_CONCURRENCY": "2"}
    other = Queue.objects.create(name="Outgoing goods", open_to_all=False)
    [anna] = hire(1)
    record = large_imports.receive(other, ROWS)
    site.start_jobs()
    ask = f"from qc import tasks; tasks.seal.delay(); tasks.carry_on_import.delay({record.pk})"
    assert site.manage("shell", "-c", ask).returncode == 0
    until(lambda: waits_for(locked_file), within=30)
    until(lambda: large_imports.now(record).worker, within=30)

    presence.sign_in(anna.pk)
    pile(queue, 1)
    until(lambda: Task.objects.held_by(anna).exists(), within=20)
    assert waits_for(locked_file)
    assert large_imports.now(record).state in (ImportState.CHECKING, ImportState.WRITING)
