"""Counters that all processes of a machine add to, in files that the next process goes on with.

Each process keeps its counters in files of its own, and whoever is asked for figures adds all of
them up: prometheus_client's way for several processes. By process id the files of dead processes
would pile up, as gunicorn's come and go. So a process takes the first number that no living one
has, and goes on counting in its files.
"""

import fcntl
import itertools
import logging
import os
from pathlib import Path
from typing import IO

import prometheus_client.values
from prometheus_client.values import MultiProcessValue

logger = logging.getLogger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
KINDS = ("counter", "histogram")
# Of each file, taken from the disk at once: a process that writes where a full disk has no room for
# it would be killed.
BYTES = 1024 * 1024


class Slots:
    """Gives each process a number that no other one on this machine has while it lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = 0
        self.number = 0
        self.lock: IO[str] | None = None

    def __call__(self) -> int:
        """Return this process's number; a fork takes one of its own."""
        if self.process != os.getpid():
            self.number, self.process = self._take(), os.getpid()
        return self.number

    def _take(self) -> int:
        for number in itertools.count():
            # The system releases it when the process ends, however it ends.
            lock = (self.folder / f"{number}.lock").open("a")
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self.lock = lock
            self._reserve(number)
            return number
        raise AssertionError  # there is always another number

    def _reserve(self, number: int) -> None:
        for kind in KINDS:
            path = self.folder / f"{kind}_{number}.db"
            try:
                with path.open("a") as file:
                    os.posix_fallocate(file.fileno(), 0, BYTES)
            except OSError:
                # An empty one could not be read.
                path.unlink(missing_ok=True)
                raise


def share(folder: Path) -> None:
    """Share all counters in a folder; call it before the first of them is made."""
    try:
        folder.mkdir(exist_ok=True)
        prometheus_client.values.ValueClass = MultiProcessValue(Slots(folder))
        os.environ[VARIABLE] = str(folder)
    except OSError as error:
        logger.warning("this process counts for itself, as %s can't be used: %s", folder, error)
