"""Runs all tests twice, at the same time: on SQLite with files, and on MariaDB with Redis.

Run by `make test` in the virtual environment. Ends with the coverage of both runs together, and
with what could not be run on this machine. On CI it is a failure if anything could not be run.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import debian

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import servers  # noqa: E402

OURS = ("QC_", "WEB_", "AXES_", "CELERY_", "DJANGO_")
SETTINGS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"} | {
    "LANGUAGE_CODE",
    "TIME_ZONE",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEAST_COVERAGE = 95
# It notes each line once: tracing them all would take half as long again.
SLIPCOVER = (sys.executable, "-m", "slipcover", "--source=qc", "--omit=qc/migrations/*")
LINES = "lines.json"


class Run:
    """One run of pytest with some settings and no others."""

    def __init__(
        self, title: str, folder: Path, environment: dict[str, str], log: TextIO | None = None
    ) -> None:
        self.title, self.log = title, log
        folder.mkdir()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in SETTINGS and not name.startswith(OURS)
        }
        ours = {"QC_VAR_DIR": str(folder / "var")}
        command = [*SLIPCOVER, "--json", f"--out={folder}/{LINES}", "-m", "pytest", "--quiet"]
        command += ["--durations=15", f"--override-ini=cache_dir={folder}/cache"]
        if log is None:
            self.announce()
        everything = inherited | ours | environment
        self.process = subprocess.Popen(command, env=everything, stdout=log, stderr=log)

    def announce(self) -> None:
        """Print the heading of this run."""
        print(f"\n═══ Tests on {self.title} ═══\n", flush=True)

    def passed(self) -> bool:
        """Wait for the end, print the output that was kept, return whether all passed."""
        code = self.process.wait()
        if self.log is not None:
            self.announce()
            self.log.seek(0)
            print(self.log.read(), flush=True)
        return code == 0


def main() -> None:
    """Run all that this machine can; exit with 1 if any of it failed."""
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="qc-test-") as folder:
        not_run = missing_browser() + missing_gettext()
        results = {}
        with ExitStack() as stack:
            database = stack.enter_context(servers.mariadb())
            broker = stack.enter_context(servers.redis())
            on_files = stack.enter_context(on_sqlite(Path(folder)))
            if database and broker:
                results["MariaDB + Redis"] = on_mariadb(Path(folder), database, broker)
            else:
                not_run += missing_servers()
            results["SQLite"] = on_files.passed()
        results["coverage"] = coverage(Path(folder))
    sys.exit(summary(results, not_run))


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Run]:
    """Run the tests in the background as after `make run`; the output comes at the end."""
    with (folder / "sqlite.log").open("w+") as log:
        run = Run("SQLite, the embedded default", folder / "sqlite", {}, log)
        try:
            yield run
        finally:
            run.process.terminate()


def on_mariadb(folder: Path, database: int, broker: int) -> bool:
    """Run the tests as in production; return whether they passed."""
    name = f"qc_{secrets.token_hex(4)}"
    environment = {
        "DATABASE_URL": f"mysql://root:@{servers.HOST}:{database}/{name}",
        "REDIS_URL": f"redis://{servers.HOST}:{broker}/15",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "QC_HTTPS": "off",
    }
    try:
        return Run("MariaDB and Redis", folder / "mariadb", environment).passed()
    finally:
        servers.drop_databases(database, f"test_{name}")


def coverage(folder: Path) -> bool:
    """Report the coverage of all runs together; return whether it is enough."""
    print("\n═══ Lines of qc/ that the tests run ═══\n", flush=True)
    command = [*SLIPCOVER, "--skip-covered", f"--fail-under={LEAST_COVERAGE}"]
    command += ["--merge", *map(str, folder.glob(f"*/{LINES}")), f"--out={folder}/{LINES}"]
    return subprocess.run(command, check=False).returncode == 0


def missing_browser() -> list[str]:
    """Install a browser if possible; return what is not run without one."""
    if any(map(shutil.which, BROWSERS)) or debian.install("chromium"):
        return []
    return ["the tests in a browser. To run them:  apt-get install -y chromium"]


def missing_gettext() -> list[str]:
    """Install gettext if possible; return what is not run without it."""
    if shutil.which("msgfmt") or debian.install("gettext"):
        return []
    return ["the tests of the German. To run them:  apt-get install -y gettext"]


def missing_servers() -> list[str]:
    """Return what is not run without MariaDB and Redis, and how to install them."""
    return [
        "everything on MariaDB with Redis. To run it:\n"
        "    apt-get install -y mariadb-server redis-server "
        "gcc pkg-config libmariadb-dev python3-dev"
    ]


def summary(results: dict[str, bool], not_run: list[str]) -> int:
    """Print what passed, what failed and what was not run; return the exit code."""
    print("\n" + "═" * 78)
    for name, passed in results.items():
        print(f"  {'passed' if passed else 'FAILED':8} {name}")
    for what in not_run:
        print(f"  NOT RUN  {what}")
    print("═" * 78)
    must_be_whole = bool(os.environ.get("CI"))
    return 0 if all(results.values()) and not (not_run and must_be_whole) else 1


if __name__ == "__main__":
    main()
