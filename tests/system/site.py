"""A QC Desk of real processes, started as the Procfile says."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection
from honcho import environ

from qc.web import font_finder
from tests import servers
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
PROCFILE = environ.parse_procfile((ROOT / "Procfile").read_text()).processes
START_SECONDS = 60
ALARMING = re.compile("WARN|ERROR|CRITICAL|FATAL|Traceback|[Dd]eadlock")


@dataclass
class Site:
    """The processes that a test started, on the test's own database; the folder keeps their logs.

    On SQLite the folder is its QC_VAR_DIR, so that it runs as after `make run`.
    """

    folder: Path
    port: int = field(default_factory=servers.free_port)
    variables: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of the processes: this test's database, and a quick sweep."""
        ours = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "QC_VAR_DIR": str(self.folder),
            "QC_SWEEP_SECONDS": "1",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        if connection.vendor == "mysql":
            base = os.environ["DATABASE_URL"].rpartition("/")[0]
            ours["DATABASE_URL"] = f"{base}/{connection.settings_dict['NAME']}"
        else:
            database = self.folder / "qc.sqlite3"
            if not database.exists():
                database.symlink_to(Path(connection.settings_dict["NAME"]).resolve())
        # Made once for all sites, as that takes seconds.
        if not (self.folder / "fonts").exists():
            (self.folder / "fonts").symlink_to(font_finder.made().resolve())
        return os.environ | ours | self.variables

    def start(self, kind: str, name: str = "") -> subprocess.Popen[bytes]:
        """Start the process that the Procfile calls `kind`, in a group of its own."""
        name = name or kind
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                PROCFILE[kind],
                shell=True,
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes[name] = process
        return process

    def start_web(self) -> None:
        """Start the web as docs/deploy.md says, and wait for its first answer."""
        static = self.folder / "static"
        is_missing = not (static / "staticfiles.json").exists()
        if {"DATABASE_URL", "REDIS_URL"} & self.environment().keys() and is_missing:
            shutil.copytree(collected(), static, copy_function=os.link, dirs_exist_ok=True)
        self.start("web")
        until(self.answers, within=START_SECONDS)

    def start_worker(self, name: str = "worker") -> None:
        """Start a worker and wait until it takes jobs."""
        self.start("worker", name)
        self.wait_until_ready(name)

    def start_sweeper(self, name: str = "sweeper") -> None:
        """Start a sweeper and wait until it takes sweeps."""
        self.start("sweeper", name)
        self.wait_until_ready(name)

    def start_sweeps(self) -> None:
        """Start a sweeper, and beat, which asks it to sweep."""
        self.start("beat")
        self.start_sweeper()

    def start_jobs(self) -> None:
        """Start worker, sweeper and beat."""
        self.start("worker")
        self.start_sweeps()
        self.wait_until_ready("worker")

    def wait_until_ready(self, name: str) -> None:
        """Wait until a worker or sweeper takes jobs."""
        until(lambda: "ready." in self.printed_by(name), within=START_SECONDS)

    def answers(self) -> bool:
        """Return whether the web answers."""
        try:
            return requests.get(f"{self.url}/admin/login/", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """Kill a process, and those that it started, with a signal that nobody can catch."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def freeze(self, name: str) -> None:
        """Stop a process where it is, as a machine does that has no memory left."""
        os.killpg(self.processes[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on as if nothing had happened."""
        os.killpg(self.processes[name].pid, signal.SIGCONT)

    def terminate(self, name: str) -> int:
        """Ask a process to end, as the operator's tools do; return its exit code."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGTERM)
        return process.wait(timeout=START_SECONDS)

    def stop(self) -> None:
        """End everything, and print the logs of the processes, for a test that failed."""
        for name in list(self.processes):
            self.kill(name)
        for log in sorted(self.folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text()[-5000:]}")

    def log(self, name: str) -> Path:
        """Return the log of a process."""
        return self.folder / f"{name}.log"

    def booted(self) -> list[int]:
        """Return the ids of the processes that gunicorn has started, the last one last."""
        return [int(pid) for pid in re.findall(r"worker with pid: (\d+)", self.printed_by("web"))]

    def printed_by(self, name: str) -> str:
        """Return what a process has printed."""
        return self.log(name).read_text()

    def alarms(self) -> list[str]:
        """Return the lines that would worry an operator, of all processes."""
        return [
            f"{log.name}: {line}"
            for log in sorted(self.folder.glob("*.log"))
            for line in log.read_text().splitlines()
            if ALARMING.search(line)
        ]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py against this site."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


def assert_sound(site: Site) -> None:
    """Nothing is lost, doubled or unrecorded."""
    checked = site.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@cache
def collected() -> Path:
    """Return the folder of the static files, collected once for all sites."""
    site = Site(settings.VAR_DIR / "collecting", variables={"QC_COLLECTED": "on"})
    site.folder.mkdir(exist_ok=True)
    site.manage("collectstatic", "--noinput").check_returncode()
    return site.folder / "static"


def is_embedded() -> bool:
    """Return whether these tests run without a server."""
    return bool(settings.EMBEDDED)
