"""Starts QC Desk on this machine: database, demo data, then the processes of the Procfile together.

Run by `make run` in the virtual environment. Ctrl-C stops everything that it started.
"""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from honcho import environ, manager
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
STOPPED_ON_PURPOSE = (130, 143)
FIRST_ANSWER_SECONDS = 120

# Seconds: a worker notices only every few seconds that it should stop.
manager.KILL_WAIT = 20

ACCOUNTS = """
    admin      everything              manager    steers the floor
    auditor    sees everything         qc1 … qc8  do the work
    The password of each is "demo".
"""


class Output(Printer):
    """Prints the output of the processes; stops them when the terminal is gone."""

    def write(self, message: Message) -> None:
        """Print the lines of a message."""
        try:
            super().write(message)
        except RuntimeError:
            pass  # Ctrl-C came in the middle of a line, whose handler prints too.
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.output.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


class ProcessManager(manager.Manager):
    """Runs the processes of the Procfile, which stop together."""

    def __init__(self, address: str, greeting: str) -> None:
        super().__init__(Output(sys.stdout))
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
    os.environ.setdefault("QC_COLLECTED", "on")
    host, port = os.environ.get("WEB_HOST", "127.0.0.1"), os.environ.setdefault("PORT", "8000")
    check_port(host, port)
    is_demo = not (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"))
    prepare(is_demo)
    address = f"http://{host}:{port}/"
    with address_file(address):
        sys.exit(run(ProcessManager(address, ACCOUNTS if is_demo else "")))


@contextmanager
def address_file(address: str) -> Iterator[None]:
    """Keep the address in a file while QC Desk runs: `simulate_shift` looks for it there."""
    file = Path(os.environ.get("QC_VAR_DIR", "var")) / "address"
    file.write_text(address)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def read_dotenv() -> None:
    """Set the variables of the file .env, as `honcho start` does."""
    file = Path(".env")
    if file.exists():
        os.environ.update(environ.parse(file.read_text()))


def check_port(host: str, port: str) -> None:
    """Exit with a message if the port is not valid, or another program has it."""
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
    """Bring database and static files up to date; add people and tasks for a demo."""
    print("Preparing the database …", flush=True)
    manage("migrate", "--verbosity=0")
    if is_demo:
        manage("load_demo")
    collect()


def collect() -> None:
    """Collect the static files, unless they are those of the last time."""
    var, now = Path(os.environ.get("QC_VAR_DIR", "var")), version_of_files()
    collected, stamp = var / "static" / "staticfiles.json", var / "collected"
    if collected.exists() and stamp.exists() and stamp.read_text() == now:
        return
    stamp.unlink(missing_ok=True)
    manage("collectstatic", "--noinput", "--verbosity=0")
    stamp.write_text(now)


def version_of_files() -> str:
    """Return what differs once a file of ours, a setting or an installed package changes.

    Code and templates too: the font of icons has those that they name.
    """
    packages = Path(sysconfig.get_path("purelib"))
    files = (file for file in Path("qc").rglob("*") if file.is_file() and file.suffix != ".pyc")
    about = [(str(file), file.stat()) for file in (packages, *Path("config").glob("*.py"), *files)]
    facts = sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in about)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def manage(*arguments: str) -> None:
    """Run a command of manage.py; exit with its code when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    # In a session of its own: Ctrl-C ends it through this process, without a traceback.
    done = subprocess.run(command, check=False, start_new_session=True)
    if done.returncode:
        sys.exit(done.returncode)


def run(processes: ProcessManager) -> int:
    """Run the processes until one of them ends or somebody stops them; return an exit code."""
    # A terminal that is closed stops everything, as Ctrl-C does.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    for name, command in environ.parse_procfile(Path("Procfile").read_text()).processes.items():
        processes.add_process(name, command)
    processes.loop()
    return 0 if processes.returncode in STOPPED_ON_PURPOSE else (processes.returncode or 0)


def greet(address: str, greeting: str) -> None:
    """Print the address of QC Desk, once it answers."""
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while time.monotonic() < deadline:
        if answers(address):
            line = "─" * 66
            print(f"{line}\n    QC Desk runs at {address}  (Ctrl-C stops it)\n{greeting}{line}")
            sys.stdout.flush()
            return
        time.sleep(0.2)


def answers(address: str) -> bool:
    """Return whether there is any answer, redirects to HTTPS and refusals included."""
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
