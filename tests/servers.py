"""MariaDB and Redis for the tests: those on the standard ports, or private ones.

A private server is started from the machine's own binaries, in a folder of its own and on a free
port, and is stopped afterwards. Where there is neither, `mariadb` and `redis` give None.
"""

import importlib.util
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import until

HOST = "127.0.0.1"
START_SECONDS = 60
DATABASES = ("mariadbd", "mysqld")
DATABASE_MAKERS = ("mariadb-install-db",)
# Below the ports that systems give to outgoing connections.
PORTS = range(10_000, 32_000)


@dataclass
class Server:
    """A private server. It may be stopped or killed, and started again on what it left behind."""

    command: list[str]
    folder: Path
    port: int
    answers: Callable[[int], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for its first answer. Raises RuntimeError when it ends instead."""
        with (self.folder / "log").open("ab") as log:
            self.process = process = subprocess.Popen(self.command, stdout=log, stderr=log)
        until(lambda: self.answers(self.port) or process.poll() is not None, within=START_SECONDS)
        if process.poll() is not None:
            log_text = (self.folder / "log").read_text()
            raise RuntimeError(f"{self.command[0]} ended: {log_text[-2000:]}")

    def stop(self) -> None:
        """Terminate it, and wait for its end."""
        if self.process:
            self.process.terminate()
            self.process.wait(START_SECONDS)

    def kill(self) -> None:
        """Kill it, as when the power fails."""
        if self.process:
            self.process.kill()
            self.process.wait(START_SECONDS)


@contextmanager
def mariadb() -> Iterator[int | None]:
    """Yield the port of a MariaDB whose root needs no password; None where there is none."""
    if mariadb_answers(3306):
        yield 3306
    elif not has_mariadb():
        yield None
    else:
        # No test pulls its plug: it need not wait for the disk.
        with private_mariadb("--innodb-flush-log-at-trx-commit=2") as server:
            yield server.port


@contextmanager
def redis() -> Iterator[int | None]:
    """Yield the port of a Redis; None where there is none."""
    if redis_answers(6379):
        yield 6379
    elif not has_redis():
        yield None
    else:
        with private_redis() as server:
            yield server.port


@contextmanager
def private_mariadb(*options: str) -> Iterator[Server]:
    """Run an empty MariaDB of its own with these options; root needs no password."""
    port = free_port()
    with _folder() as folder:
        make_database(folder)
        command = [
            str(_binary(*DATABASES)),
            "--no-defaults",
            *("--user=root", f"--datadir={folder}/data", f"--socket={folder}/socket"),
            *(f"--bind-address={HOST}", f"--port={port}", "--skip-log-bin"),
            # A MariaDB that starts removes all temporary tables in this folder, another one's too.
            f"--tmpdir={folder}",
            *options,
        ]
        with _running(Server(command, folder, port, mariadb_answers)) as server:
            yield server


@contextmanager
def private_redis(*options: str) -> Iterator[Server]:
    """Run a Redis of its own with these options; what it held is gone when it ends."""
    port = free_port()
    with _folder() as folder:
        command = [str(_binary("redis-server")), "--bind", HOST, "--port", str(port), "--save", ""]
        command += ["--dir", str(folder), *options]
        with _running(Server(command, folder, port, redis_answers)) as server:
            yield server


@contextmanager
def private_sentinel(name: str, master: int, quorum: int) -> Iterator[Server]:
    """Run a Redis Sentinel that watches the master at this port, and soon gives it up."""
    port = free_port()
    with _folder() as folder:
        config = folder / "sentinel.conf"
        config.write_text(
            f"bind {HOST}\nport {port}\ndir {folder}\n"
            f"sentinel monitor {name} {HOST} {master} {quorum}\n"
            f"sentinel down-after-milliseconds {name} 1000\n"
            f"sentinel failover-timeout {name} 5000\n"
        )
        command = [str(_binary("redis-server")), str(config), "--sentinel"]
        with _running(Server(command, folder, port, redis_answers)) as server:
            yield server


def has_mariadb() -> bool:
    """Return whether a MariaDB could be started from this machine's binaries, and asked."""
    binaries = _binary(*DATABASES) and _binary(*DATABASE_MAKERS)
    return bool(binaries and importlib.util.find_spec("MySQLdb"))


def has_redis() -> bool:
    """Return whether a Redis could be started from this machine's binaries."""
    return _binary("redis-server") is not None


def mariadb_answers(port: int) -> bool:
    """Return whether root can connect without a password; False without the driver, too."""
    try:
        import MySQLdb
    except ImportError:
        return False
    with suppress(MySQLdb.Error):
        MySQLdb.connect(host=HOST, port=port, user="root", connect_timeout=5).close()
        return True
    return False


def redis_answers(port: int) -> bool:
    """Return whether a Redis that asks for no password answers."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False


def drop_databases(port: int, prefix: str) -> None:
    """Remove the databases that a test run may have left behind."""
    import MySQLdb

    connection = MySQLdb.connect(host=HOST, port=port, user="root")
    cursor = connection.cursor()
    cursor.execute("SHOW DATABASES LIKE %s", (f"{prefix}%",))
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP DATABASE `{name}`")
    connection.close()


def free_port() -> int:
    """Return a port that nobody listens on at the moment.

    None that an outgoing connection could be given: whoever calls a server while it is away
    would now and then take its port, or meet themselves there.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
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


def make_database(folder: Path) -> None:
    """Make the files of an empty MariaDB in `data` of a folder; root needs no password."""
    subprocess.run(
        [
            str(_binary(*DATABASE_MAKERS)),
            "--no-defaults",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--user=root",
        ],
        env=os.environ | {"TMPDIR": str(folder)},
        check=True,
        capture_output=True,
    )


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.stop()
