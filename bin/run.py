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

import requests
from honcho import environ, manager
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
STOPPED_ON_PURPOSE = (130, 143)
FIRST_ANSWER_SECONDS = 120

# A worker that is told to stop looks up from its broker every few seconds.
manager.KILL_WAIT = 20

ACCOUNTS = """
    admin      everything              manager    steers the floor
    auditor    sees everything         qc1 … qc8  do the work
    The password of each is "demo".
"""


class Paper(Printer):
    """Prints what the processes say; stops them when the terminal is gone."""

    def write(self, message: Message) -> None:
        """Print the lines of a message."""
        try:
            super().write(message)
        except RuntimeError:
            pass  # Ctrl-C came in the middle of a line, and wanted to say so.
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.output.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


class Floor(manager.Manager):
    """The processes of the Procfile, which stop together."""

    def __init__(self, address: str, greeting: str) -> None:
        super().__init__(Paper(sys.stdout))
        self.greeting = threading.Thread(target=greet, args=(address, greeting), daemon=True)

    def _start(self) -> None:
        super()._start()
        self.greeting.start()

    def terminate(self) -> None:
        """Stop the processes; those that are still starting as soon as their ids are known."""
        if self._all_started():
            super().terminate()

    def _all_stopped(self) -> bool:
        if self.returncode is not None:
            self.terminate()
        return bool(super()._all_stopped())


def main() -> None:
    """Prepare what the processes need, and run them until Ctrl-C."""
    os.chdir(ROOT)
    read_dotenv()
    # The worker reads nothing but JSON, so it may as well be root's on a newcomer's machine.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser")
    host, port = os.environ.get("WEB_HOST", "127.0.0.1"), os.environ.setdefault("PORT", "8000")
    check_port(host, port)
    is_demo = not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"))
    prepare(is_demo)
    address = f"http://{host}:{port}/"
    sys.exit(run(Floor(address, ACCOUNTS if is_demo else "")))


def read_dotenv() -> None:
    """Take the variables of the file .env, as `honcho start` does."""
    file = Path(".env")
    if file.exists():
        os.environ.update(environ.parse(file.read_text()))


def check_port(host: str, port: str) -> None:
    """Refuse a port that is none, or that another program has."""
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
    """Bring the database up to date; the embedded default also gets people and tasks."""
    print("Preparing the database …", flush=True)
    manage("migrate", "--verbosity=0")
    if is_demo:
        manage("load_demo")
    else:
        manage("collectstatic", "--noinput", "--verbosity=0")


def manage(*arguments: str) -> None:
    """Run a command of manage.py; ends with its exit code when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    # Apart from the terminal: Ctrl-C ends it here, in one place and without a word.
    done = subprocess.run(command, check=False, start_new_session=True)
    if done.returncode:
        sys.exit(done.returncode)


def run(floor: Floor) -> int:
    """Run the processes until one of them ends or somebody stops them; return an exit code."""
    # A terminal that is closed stops everything, as Ctrl-C does.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    for name, command in environ.parse_procfile(Path("Procfile").read_text()).processes.items():
        floor.add_process(name, command)
    floor.loop()
    return 0 if floor.returncode in STOPPED_ON_PURPOSE else (floor.returncode or 0)


def greet(address: str, greeting: str) -> None:
    """Tell where QC Desk is, once it answers."""
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while time.monotonic() < deadline:
        if answers(address):
            line = "─" * 66
            print(f"{line}\n    QC Desk runs at {address}  (Ctrl-C stops it)\n{greeting}{line}")
            sys.stdout.flush()
            return
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Return whether the web answers anything at all, a redirect to HTTPS or a refusal included."""
    try:
        requests.get(f"{address}admin/login/", timeout=5, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("Stopped.")
