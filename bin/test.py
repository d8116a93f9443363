"""Runs all tests twice: on SQLite with files, and on MariaDB with Redis; then some as on MySQL.

The pages in a browser are a run of their own on SQLite, and the three runs go on at the same time:
each of them waits much. Run by `make test` in the virtual environment. Ends with the coverage of
all runs together, and with what could not be run on this machine, which is a failure on CI.
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
NGINX = Path("/usr/sbin/nginx")
GALERA = Path("/usr/lib/galera/libgalera_smm.so")
LEAST_COVERAGE = 95
# It notes each line once: tracing them all would take half as long again.
SLIPCOVER = (sys.executable, "-m", "slipcover", "--source=qc", "--omit=qc/migrations/*")
LINES = "lines.json"
PAGES = "tests/browser"
MARIADB, MYSQL = "MariaDB and Redis", "MariaDB that pretends to be MySQL 8"
# What reads or writes in ways in which MySQL differs: tests/as_mysql.py.
AS_MYSQL = (
    "--as-mysql",
    "tests/reports",
    "tests/history/test_consistency.py",
    "tests/history/test_writer.py",
    "tests/imports/test_order_of_details.py",
    "tests/imports/test_undo.py",
    "tests/audit/test_seals.py",
)
ON_SQLITE = {
    "SQLite, the embedded default": ("sqlite", (f"--ignore={PAGES}",)),
    "Pages in a browser, on SQLite": ("pages", (PAGES,)),
}


class Run:
    """One run of pytest on some tests, with some settings and no others."""

    def __init__(
        self,
        title: str,
        folder: Path,
        environment: dict[str, str],
        tests: tuple[str, ...] = (),
        log: TextIO | None = None,
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
        command += ["--durations=15", f"--override-ini=cache_dir={folder}/cache", *tests]
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
        not_run = missing_browser() + missing_gettext() + missing_nginx() + missing_galera()
        results = {}
        with ExitStack() as stack:
            database = stack.enter_context(servers.mariadb())
            broker = stack.enter_context(servers.redis())
            on_files = {
                title: stack.enter_context(on_sqlite(title, Path(folder, name), tests))
                for title, (name, tests) in ON_SQLITE.items()
            }
            if database and broker:
                servers_and_folder = (Path(folder), database, broker)
                results[MARIADB] = on_mariadb(*servers_and_folder)
                results[MYSQL] = on_mariadb(*servers_and_folder, MYSQL, AS_MYSQL)
            else:
                not_run += missing_servers()
            results |= {title: run.passed() for title, run in on_files.items()}
        results["coverage"] = coverage(Path(folder))
    sys.exit(summary(results, not_run))


@contextmanager
def on_sqlite(title: str, folder: Path, tests: tuple[str, ...]) -> Iterator[Run]:
    """Run tests in the background as after `make run`; the output comes at the end."""
    with folder.with_suffix(".log").open("w+") as log:
        run = Run(title, folder, {}, tests, log)
        try:
            yield run
        finally:
            run.process.terminate()


def on_mariadb(
    folder: Path, database: int, broker: int, title: str = MARIADB, tests: tuple[str, ...] = ()
) -> bool:
    """Run the tests as in production, all or these; return whether they passed."""
    name = f"qc_{secrets.token_hex(4)}"
    environment = {
        "DATABASE_URL": f"mysql://root:@{servers.HOST}:{database}/{name}",
        "REDIS_URL": f"redis://{servers.HOST}:{broker}/15",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "QC_HTTPS": "off",
    }
    try:
        return Run(title, folder / name, environment, tests).passed()
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


def missing_nginx() -> list[str]:
    """Install nginx if possible; return what is not run without it."""
    if NGINX.exists() or debian.install("nginx"):
        return []
    return ["the tests behind a proxy. To run them:  apt-get install -y nginx"]


def missing_galera() -> list[str]:
    """Install Galera if possible; return what is not run without it."""
    if GALERA.exists() or debian.install("galera-4"):
        return []
    return ["the tests on three Galera nodes. To run them:  apt-get install -y galera-4"]


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
