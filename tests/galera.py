"""Three MariaDB servers that are one Galera cluster, on this machine, for the tests.

`connected(node)` lets the code of a thread work on one of them, so that threads of one process
stand for processes on several machines.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections

from tests import servers
from tests.servers import HOST, Server
from tests.waiting import until

PROVIDERS = (
    "/usr/lib/galera/libgalera_smm.so",
    "/usr/lib64/galera-4/libgalera_smm.so",
    "/usr/lib/libgalera_smm.so",
)
NODES = 3
STARTS = 4
DATABASE = "qc_desk"
# A node that is silent for so long is left out: seconds here, not quarters of a minute.
QUICK = (
    "evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;gcache.size=16M"
)
SETTINGS = (
    "--binlog-format=ROW",
    "--innodb-autoinc-lock-mode=2",
    # No test pulls its plug, and three servers share one disk.
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=24M",
)


def provider() -> str | None:
    """Return the path of Galera's library, None where it is not installed."""
    return next((path for path in PROVIDERS if Path(path).exists()), None)


def is_possible() -> bool:
    """Return whether a cluster could be started from this machine's packages."""
    return bool(provider() and servers.has_mariadb() and shutil.which("rsync"))


@dataclass
class Cluster:
    """The nodes of a cluster, the first one first."""

    nodes: list[Server]

    def join(self, node: Server) -> None:
        """Start a node that was down; it gets what it missed from another one."""
        node.command = [part for part in node.command if part != "--wsrep-new-cluster"]
        _start(node)

    def sizes(self) -> list[str]:
        """Return of how many nodes each that answers believes the cluster to be."""
        return [status(node, "wsrep_cluster_size") for node in self.nodes if ready(node.port)]


@contextmanager
def cluster(dump: Path) -> Iterator[Cluster]:
    """Run a cluster of three nodes with a database made from a dump; root needs no password."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qc-", dir="/tmp")))
        addresses = [f"{HOST}:{servers.free_port()}" for _ in range(NODES)]
        nodes = [_node(folder / str(n), addresses, n) for n in range(NODES)]
        for node in nodes:
            stack.callback(node.kill)
        _own(folder)
        _install(nodes[0].folder)
        nodes[0].command.append("--wsrep-new-cluster")
        _start(nodes[0])
        # Before the others join: they copy it.
        run(nodes[0], f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4", database="")
        load(nodes[0], dump)
        for node in nodes[1:]:
            _start(node)
        yield Cluster(nodes)


def load(node: Server, dump: Path) -> None:
    """Play a dump into the database of a node."""
    client = ["mariadb", "--no-defaults", f"--host={HOST}", f"--port={node.port}", "--user=root"]
    with dump.open() as file:
        subprocess.run([*client, DATABASE], stdin=file, check=True)


@contextmanager
def connected(node: Server, **session: Any) -> Iterator[Any]:
    """Let this thread's default connection be one to a node; `session` are variables to set."""
    before = connections["default"]
    mine = connections.create_connection("default")
    mine.settings_dict = before.settings_dict | {
        "HOST": HOST,
        "PORT": node.port,
        "USER": "root",
        "PASSWORD": "",
        "NAME": DATABASE,
    }
    connections["default"] = mine
    try:
        with mine.cursor() as cursor:
            for name, value in session.items():
                cursor.execute(f"SET SESSION {name} = %s", [value])
        yield mine
    finally:
        with suppress(Exception):
            mine.close()
        connections["default"] = before


def run(node: Server, sql: str, *, database: str = DATABASE) -> list[Any]:
    """Run a statement on a node; return its rows."""
    import MySQLdb

    connection = MySQLdb.connect(
        host=HOST, port=node.port, user="root", database=database, charset="utf8mb4"
    )
    try:
        connection.autocommit(True)
        cursor = connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())
    finally:
        connection.close()


def status(node: Server, name: str) -> str:
    """Return a status variable of a node."""
    ((_name, value),) = run(node, f"SHOW STATUS LIKE '{name}'", database="")
    return str(value)


def ready(port: int) -> bool:
    """Return whether a node takes part in the cluster."""
    import MySQLdb

    with suppress(MySQLdb.Error):
        return status(Server([], Path(), port, ready), "wsrep_ready") == "ON"
    return False


def caught_up(cluster: Cluster) -> None:
    """Wait until each node that is ready has applied what the others have committed."""
    nodes = [node for node in cluster.nodes if ready(node.port)]
    committed = max(int(status(node, "wsrep_last_committed")) for node in nodes)
    for node in nodes:
        until(lambda node=node: int(status(node, "wsrep_last_committed")) >= committed)


def _node(folder: Path, addresses: list[str], n: int) -> Server:
    (folder / "data").mkdir(parents=True)
    port, transfer = servers.free_port(), f"{HOST}:{servers.free_port()}"
    options = f"gmcast.listen_addr=tcp://{addresses[n]};ist.recv_addr={HOST}:{servers.free_port()}"
    command = [
        str(shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")),
        "--no-defaults",
        *([f"--user={_owner()}"] if _owner() else []),
        *(f"--datadir={folder}/data", f"--socket={folder}/socket", f"--tmpdir={folder}"),
        *(f"--bind-address={HOST}", f"--port={port}", "--skip-log-bin", *SETTINGS),
        *("--wsrep-on=ON", f"--wsrep-provider={provider()}", "--wsrep-cluster-name=qc"),
        f"--wsrep-cluster-address=gcomm://{','.join(addresses)}",
        *(f"--wsrep-node-name=n{n}", f"--wsrep-node-address={addresses[n]}"),
        *("--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address={transfer}"),
        f"--wsrep-provider-options={options};{QUICK}",
    ]
    return Server(command, folder, port, ready)


def _start(node: Server) -> None:
    """Start a node. In some containers Galera now and then fails on a thread of its own."""
    for _ in range(STARTS - 1):
        try:
            return node.start()
        except RuntimeError as error:
            if "schedparam" not in str(error):
                raise
    return node.start()


def _owner() -> str | None:
    """Return as whom the nodes run: the copying of a node refuses root."""
    return "mysql" if os.geteuid() == 0 else None


def _own(folder: Path) -> None:
    if owner := _owner():
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, owner)


def _install(folder: Path) -> None:
    servers.make_database(folder)
    _own(folder)
