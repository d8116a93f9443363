"""Runs all tests twice: on SQLite with files, and on MariaDB with Redis; then some as on MySQL.

The pages in a browser with the processes on SQLite, and the processes on MariaDB, are runs of their
own, and all go on at the same time: each of them waits much. Run by `make test` in the virtual
environment. Ends with the coverage of all runs together, and with what could not be run on this
machine, which is a failure on CI.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import debian

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import chromium, servers  # noqa: E402

OURS = ("QC_", "WEB_", "AXES_", "CELERY_", "DJANGO_")
SETTINGS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS"} | {
    "LANGUAGE_CODE",
    "TIME_ZONE",
}
# Debian's package, whether it is there, and what needs it.
TOOLS: tuple[tuple[str, Callable[[], bool], str], ...] = (
    (chromium.PACKAGE, lambda: chromium.path() is not None, "the tests in a browser"),
    ("gettext", lambda: shutil.which("msgfmt") is not None, "the tests of the German"),
    ("nginx", Path("/usr/sbin/nginx").exists, "the tests behind a proxy"),
    ("npm", lambda: shutil.which("npm") is not None, "the requests of the Postman collection"),
    (
        "galera-4",
        Path("/usr/lib/galera/libgalera_smm.so").exists,
        "the tests on three Galera nodes",
    ),
)
SERVERS = {"mariadb-server": servers.has_mariadb, "redis-server": servers.has_redis}
LEAST_COVERAGE = 95
# It notes each line once: tracing them all would take half as long again.
SLIPCOVER = (sys.executable, "-m", "slipcover", "--source=qc", "--omit=qc/migrations/*")
LINES = "lines.json"
# Runs at the same time must not take each other's messages.
BROKER_DATABASES = (14, 15)
PAGES, PROCESSES = "tests/browser", "tests/system"
SQLITE = "SQLite, the embedded default"
FROM_OUTSIDE = "Processes, and pages in a browser, on SQLite"
MARIADB, MYSQL = "MariaDB and Redis", "MariaDB that pretends to be MySQL 8"
ON_MARIADB = "Processes, on MariaDB and Redis"
# What reads or writes in ways in which MySQL differs: tests/as_mysql.py.
AS_MYSQL = (
    "--as-mysql",
    "tests/reports",
    "tests/history/test_consistency.py",
    "tests/history/test_writer.py",
    "tests/imports/test_order_of_details.py",
    "tests/imports/test_undo.py",
    "tests/audit/test_seals.py",
    # They are about many rows, which MySQL reads as MariaDB does.
    "--ignore=tests/reports/test_check_reports_cost.py",
    "--ignore=tests/reports/test_numbers_agree.py",
)


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
        not_run = missing_tools()
        results: dict[str, bool] = {}
        with ExitStack() as stack:
            install_servers()
            database = stack.enter_context(servers.mariadb())
            broker = stack.enter_context(servers.redis())

            def start(title: str, name: str, environment: dict[str, str], *tests: str) -> Run:
                run = background(title, Path(folder, name), environment, tests)
                return stack.enter_context(run)

            others = [
                start(SQLITE, "sqlite", {}, f"--ignore={PAGES}", f"--ignore={PROCESSES}"),
                start(FROM_OUTSIDE, "pages", {}, PROCESSES, PAGES),
            ]
            if database and broker:
                first, second = (
                    stack.enter_context(production(database, broker, n)) for n in BROKER_DATABASES
                )
                others.append(start(ON_MARIADB, "processes", second, PROCESSES))
                for title, tests in (MARIADB, (f"--ignore={PROCESSES}",)), (MYSQL, AS_MYSQL):
                    place = Path(folder, f"mariadb-{len(results)}")
                    results[title] = Run(title, place, first, tests).passed()
            else:
                not_run += missing_servers()
            results |= {run.title: run.passed() for run in others}
        results["coverage"] = coverage(Path(folder))
    sys.exit(summary(results, not_run))


@contextmanager
def background(
    title: str, folder: Path, environment: dict[str, str], tests: tuple[str, ...]
) -> Iterator[Run]:
    """Run tests in the background; the output comes at the end."""
    with folder.with_suffix(".log").open("w+") as log:
        run = Run(title, folder, environment, tests, log)
        try:
            yield run
        finally:
            run.process.terminate()


@contextmanager
def production(database: int, broker: int, number: int) -> Iterator[dict[str, str]]:
    """Yield the environment of runs as in production, with databases of their own."""
    name = f"qc_{secrets.token_hex(4)}"
    environment = {
        "DATABASE_URL": f"mysql://root:@{servers.HOST}:{database}/{name}",
        "REDIS_URL": f"redis://{servers.HOST}:{broker}/{number}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "QC_HTTPS": "off",
    }
    try:
        yield environment
    finally:
        servers.drop_databases(database, f"test_{name}")


def coverage(folder: Path) -> bool:
    """Report the coverage of all runs together; return whether it is enough."""
    print("\n═══ Lines of qc/ that the tests run ═══\n", flush=True)
    command = [*SLIPCOVER, "--skip-covered", f"--fail-under={LEAST_COVERAGE}"]
    command += ["--merge", *map(str, folder.glob(f"*/{LINES}")), f"--out={folder}/{LINES}"]
    return subprocess.run(command, check=False).returncode == 0


def missing_tools() -> list[str]:
    """Install what tests need of the machine, where possible; return what is not run without it."""
    return [
        f"{what}. To run them:  apt-get install -y {package}"
        for package, is_there, what in TOOLS
        if not (is_there() or debian.install(package))
    ]


def install_servers() -> None:
    """Install the servers that tests start, where they are missing and that is possible."""
    for package, is_there in SERVERS.items():
        if not is_there():
            debian.install(package)


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
