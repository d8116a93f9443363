"""The same cycles on other servers: threads of gunicorn, its plain processes, and granian.

Granian is not among the requirements: `pip install granian`.
"""

import sys

from benchmarks.cycle import CLIENTS, ROUNDS, Measured, fill, measure
from benchmarks.report import Table, middle, ms
from benchmarks.web import GUNICORN, Command, web

GRANIAN = ("-m", "granian", "--interface=wsgi", "--host=127.0.0.1", "--no-ws", "--workers=2")
# Ours is the first.
SERVERS: dict[str, Command] = {
    "gunicorn, 2 × 8 threads": (*GUNICORN, "--threads=8", "config.wsgi"),
    "gunicorn, 2 × 4 threads": (*GUNICORN, "--threads=4", "config.wsgi"),
    "gunicorn, 2 × 2 threads": (*GUNICORN, "--threads=2", "config.wsgi"),
    "gunicorn, 4 processes without threads": (
        *(*GUNICORN, "--worker-class=sync", "--workers=4", "config.wsgi"),
    ),
    "granian, 2 × 4 threads": (
        *(*GRANIAN, "--blocking-threads=4", "--port={port}", "config.wsgi:application"),
    ),
}


def run() -> Table:
    """Measure all servers in turn, in several rounds."""
    tokens = fill()
    measured: dict[tuple[str, int], list[Measured]] = {
        (name, clients): [] for name in SERVERS for clients in CLIENTS
    }
    for _ in range(ROUNDS):
        for name, command in SERVERS.items():
            with web(command=command) as site:
                for clients in CLIENTS:
                    found = measure(site.port, clients, tokens)
                    measured[name, clients].append(found)
                    print(f"{name}, {clients} clients: {found.rate:.0f} / s", file=sys.stderr)
    return _table(measured)


def _table(measured: dict[tuple[str, int], list[Measured]]) -> Table:
    table = Table(
        "Servers",
        "`POST /taskcomplete/` answered with the next task, 300,000 tasks waiting, connections kept"
        " open; server, database and clients on the same two cores. Cycles / s, medians.",
        ["server", *(f"{n} clients" for n in CLIENTS), "p50, p99 at 64"],
    )
    rates = {which: middle([one.rate for one in rounds]) for which, rounds in measured.items()}
    for name in SERVERS:
        at_64 = measured[name, 64]
        p50, p99 = middle([one.p50 for one in at_64]), middle([one.p99 for one in at_64])
        shown = [f"{rates[name, clients]:.0f}" for clients in CLIENTS]
        table.rows.append([name, *shown, f"{ms(p50)}, {ms(p99)}"])
    return table
