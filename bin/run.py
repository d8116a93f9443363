"""Starts QC Desk on this machine: database, demo data, then web, worker and beat together.

Run by `make run` in the virtual environment. Ctrl-C stops everything that it started.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests
from honcho import environ
from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent.parent
STOPPED_ON_PURPOSE = (130, 143)
FIRST_ANSWER_SECONDS = 120

ACCOUNTS = """
    admin      everything              manager    steers the floor
    auditor    sees everything         qc1 … qc8  do the work
    The password of each is "demo".
"""


class Floor(Manager):
    """The processes of the Procfile, which stop together."""

    def __init__(self, address: str, greeting: str) -> None:
        super().__init__()
        self.greeting = threading.Thread(target=greet, args=(address, greeting), daemon=True)

    def _start(self) -> None:
        super()._start()
        self.greeting.start()

    def terminate(self) -> None:
        """Stops the processes; those that are still starting as soon as their ids are known."""
        if self._all_started():
            super().terminate()

    def _all_stopped(self) -> bool:
        if self.returncode is not None:
            self.terminate()
        return bool(super()._all_stopped())


def main() -> None:
    """Prepares what the processes need, and runs them until Ctrl-C."""
    os.chdir(ROOT)
    read_dotenv()
    host, port = os.environ.get("WEB_HOST", "127.0.0.1"), os.environ.setdefault("PORT", "8000")
    check_port(host, port)
    is_demo = not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"))
    prepare(is_demo)
    address = f"http://{host}:{port}/"
    sys.exit(run(Floor(address, ACCOUNTS if is_demo else "")))


def read_dotenv() -> None:
    """Takes the variables of the file .env, as `honcho start` does."""
    file = Path(".env")
    if file.exists():
        os.environ.update(environ.parse(file.read_text()))


def check_port(host: str, port: str) -> None:
    """Refuses a port that is none, or that another program has."""
    if not (port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"PORT={port!r} is not allowed: it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            sys.exit(
                f"Port {port} on {host} can't be used ({error.strerror}): another program may have "
                f"it. Choose another one: make run PORT={int(port) + 1}"
            )


def prepare(is_demo: bool) -> None:
    """Brings the database up to date; the embedded default also gets people and tasks."""
    print("Preparing the database …", flush=True)
    manage("migrate", "--verbosity=0")
    if is_demo:
        manage("load_demo")
    else:
        manage("collectstatic", "--noinput", "--verbosity=0")


def manage(*arguments: str) -> None:
    """Runs a command of manage.py; ends with its exit code when it fails."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def run(floor: Floor) -> int:
    """Runs the processes until one of them ends or somebody stops them; gives an exit code."""
    signal.signal(signal.SIGHUP, hang_up)
    for name, command in environ.parse_procfile(Path("Procfile").read_text()).processes.items():
        floor.add_process(name, command)
    floor.loop()
    return 0 if floor.returncode in STOPPED_ON_PURPOSE else (floor.returncode or 0)


def hang_up(*_: Any) -> None:
    """Stops as Ctrl-C does when the terminal is closed; nothing can be printed any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


def greet(address: str, greeting: str) -> None:
    """Tells where QC Desk is, once it answers."""
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while time.monotonic() < deadline:
        if answers(address):
            line = "─" * 66
            print(f"{line}\n    QC Desk runs at {address}  (Ctrl-C stops it)\n{greeting}{line}")
            sys.stdout.flush()
            return
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Says whether the web answers anything at all, a redirect to HTTPS or a refusal included."""
    try:
        requests.head(f"{address}admin/login/", timeout=5, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


if __name__ == "__main__":
    main()
