"""The site as it is served: gunicorn with its own configuration, and what it takes."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
# What Python is told to run, with `{port}` for the port.
Command = tuple[str, ...]
GUNICORN: Command = ("-m", "gunicorn", "--config", "config/gunicorn.py")


class Web(NamedTuple):
    """A running site: its port and its first process."""

    port: int
    pid: int

    def memory(self) -> int:
        """Return how much memory its processes take, in bytes; what they share counts once."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(map(_share_of_memory, [str(self.pid), *children]))

    @contextmanager
    def watched(self) -> Iterator[list[int]]:
        """Note each tenth of a second how much memory it takes."""
        seen, is_over = [self.memory()], Event()

        def watch() -> None:
            while not is_over.wait(0.1):
                seen.append(self.memory())

        watching = Thread(target=watch)
        watching.start()
        try:
            yield seen
        finally:
            is_over.set()
            watching.join()


@contextmanager
def web(
    settings: str = "config.settings",
    *,
    command: Command = (*GUNICORN, "config.wsgi"),
    root: Path = ROOT,
) -> Iterator[Web]:
    """Run the site as it is served, or by another command; `root` is the folder of the code."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"PORT": str(port), "DJANGO_SETTINGS_MODULE": settings}
    arguments = [sys.executable, *(part.format(port=port) for part in command)]
    process = subprocess.Popen(arguments, env=env, cwd=root, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Web(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _share_of_memory(pid: str) -> int:
    found = re.search(r"Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) * 1024 if found else 0


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")
