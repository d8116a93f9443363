"""MariaDB and Redis for the tests: those on the standard ports, or private ones.

A private server is started from the machine's own binaries, in a folder of its own and on a free
port, and is stopped afterwards. Where there is neither, the managers below give None.
"""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import until

HOST = "127.0.0.1"
START_SECONDS = 60


@contextmanager
def mariadb() -> Iterator[int | None]:
    """Gives the port of a MariaDB whose root needs no password; None where there is none."""
    if mariadb_answers(3306):
        yield 3306
        return
    server, install = _binary("mariadbd", "mysqld"), _binary("mariadb-install-db")
    if not (server and install):
        yield None
        return
    with _folder() as folder:
        _make_database(install, folder)
        port = free_port()
        command = [
            server,
            "--no-defaults",
            *("--user=root", f"--datadir={folder}/data", f"--socket={folder}/socket"),
            *(f"--bind-address={HOST}", f"--port={port}", "--skip-log-bin"),
            "--innodb-flush-log-at-trx-commit=2",
        ]
        with _running(command, folder, lambda: mariadb_answers(port)):
            yield port


@contextmanager
def redis() -> Iterator[int | None]:
    """Gives the port of a Redis; None where there is none."""
    if redis_answers(6379):
        yield 6379
        return
    if not has_redis():
        yield None
        return
    port = free_port()
    with private_redis(port):
        yield port


@contextmanager
def private_redis(port: int) -> Iterator[int]:
    """Runs a Redis on this port, and gives the port."""
    command = [str(_binary("redis-server")), "--bind", HOST, "--port", str(port), "--save", ""]
    with (
        _folder() as folder,
        _running([*command, "--dir", str(folder)], folder, lambda: redis_answers(port)),
    ):
        yield port


def has_redis() -> bool:
    """Says whether a Redis could be started from this machine's binaries."""
    return _binary("redis-server") is not None


def mariadb_answers(port: int) -> bool:
    """Says whether root may come in without a password; False without the driver, too."""
    try:
        import MySQLdb
    except ImportError:
        return False
    with suppress(MySQLdb.Error):
        MySQLdb.connect(host=HOST, port=port, user="root", connect_timeout=5).close()
        return True
    return False


def redis_answers(port: int) -> bool:
    """Says whether a Redis that asks for no password answers."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def drop_databases(port: int, prefix: str) -> None:
    """Removes the databases that a test run may have left behind."""
    import MySQLdb

    connection = MySQLdb.connect(host=HOST, port=port, user="root")
    cursor = connection.cursor()
    cursor.execute("SHOW DATABASES LIKE %s", (f"{prefix}%",))
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP DATABASE `{name}`")
    connection.close()


def free_port() -> int:
    """Gives a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _binary(*names: str) -> str | None:
    places = ":".join(["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"])
    found = [shutil.which(name) or shutil.which(name, path=places) for name in names]
    return next((path for path in found if path), None)


@contextmanager
def _folder() -> Iterator[Path]:
    # A short path: a socket's must not be longer than about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="qc-server-", dir="/tmp") as folder:
        yield Path(folder)


def _make_database(install: str, folder: Path) -> None:
    subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--user=root",
        ],
        check=True,
        capture_output=True,
    )


@contextmanager
def _running(command: list[str], folder: Path, answers: Callable[[], bool]) -> Iterator[None]:
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: answers() or process.poll() is not None, within=START_SECONDS)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {(folder / 'log').read_text()[-2000:]}")
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)
