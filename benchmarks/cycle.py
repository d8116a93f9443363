"""A whole cycle over HTTP: POST /taskcomplete/ on gunicorn, answered with the next task.

Beside it the same statements in a bare WSGI application, and with BENCH_AGAINST=<commit> the site
of an earlier commit: in turn, in one run.
"""

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from benchmarks import floor
from benchmarks.clients import at_once
from benchmarks.report import Table, middle, ms
from benchmarks.web import GUNICORN, ROOT, web
from docs.qc_desk_client import QCDesk

HOST = "127.0.0.1"
CLIENTS = (1, 4, 16, 64, 256)
CYCLES = 800
# While the site is too busy, a client asks again and again.
ATTEMPTS = 100
ROUNDS = 5
AGAINST = os.environ.get("BENCH_AGAINST", "")
OURS, RAW, OLD = "ours", "raw", "old"


def post(line: http.client.HTTPConnection, path: str, body: Any, headers: dict[str, str]) -> Any:
    """Return the answer to a call, asked for again while the site is too busy.

    Raises AssertionError for any other answer.
    """
    while True:
        line.request("POST", path, json.dumps(body), headers | {"Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        if answer.status == 200:
            return json.loads(text)
        assert answer.status == 503, text
        line.close()
        time.sleep(float(answer.headers["Retry-After"]))


def sign_in(port: int, person: int) -> Any:
    """Sign a person in over a new connection; return the answer."""
    desk = QCDesk(f"http://{HOST}:{port}", attempts=ATTEMPTS, timeout=60)
    return desk.sign_in(f"qc{person}", "demo")


class Client:
    """A person with a token and a connection that stays open."""

    def __init__(self, port: int, token: str, task: int) -> None:
        self.http = http.client.HTTPConnection(HOST, port, timeout=60)
        self.headers = {"Authorization": f"Token {token}"}
        self.task = task

    def cycle(self) -> float:
        """Complete a task and get the next; return the seconds it took."""
        begun = time.perf_counter()
        self.task = post(self.http, f"/taskcomplete/{self.task}/", {}, self.headers)["next"]["id"]
        return time.perf_counter() - begun


class Measured(NamedTuple):
    """Cycles per second, and how long they took in seconds."""

    rate: float
    p50: float
    p99: float


def measure(port: int, clients: int, tokens: dict[int, str]) -> Measured:
    """Measure the cycles of so many clients."""
    held = dict(floor.rows("SELECT assignee_id, id FROM qc_task WHERE slot IS NOT NULL"))

    def work(person: int) -> list[float]:
        client = Client(port, tokens[person], held[person])
        return [client.cycle() for _ in range(max(CYCLES // clients, 10))]

    crowd = at_once(clients, work, is_remote=True)
    p99 = quantiles(crowd.times, n=100)[98]
    return Measured(len(crowd.times) / crowd.whole, middle(crowd.times), p99)


def run() -> Table:
    """Measure at each number of clients, on the same floor."""
    tokens = fill()
    table = Table(
        "Cycle",
        "`POST /taskcomplete/` answered with the next task: gunicorn with two processes of eight"
        " threads, 300,000 tasks waiting; server, database and clients on the same two cores. Raw"
        " is the same statements in a bare WSGI application; old is the commit named, if any.",
        ["clients", "cycles / s", "p50", "p99", "× raw", "× old"],
    )
    with _sites() as ports:
        rounds = [_round(ports, tokens) for _ in range(ROUNDS)]
    for clients in CLIENTS:
        _add(table, clients, [one[clients] for one in rounds])
    for clients, least in ((16, 0.95), (64, 0.9), (256, 0.8)):
        ratio = middle([one[clients][OURS].rate / one[4][OURS].rate for one in rounds])
        table.target(f"cycles / s at {clients} clients, against 4", ratio, at_least=least)
    return table


def _round(ports: dict[str, int], tokens: dict[int, str]) -> dict[int, dict[str, Measured]]:
    """Measure each site with each number of clients once, one after the other."""
    return {
        clients: {name: measure(port, clients, tokens) for name, port in ports.items()}
        for clients in CLIENTS
    }


def _add(table: Table, clients: int, rounds: list[dict[str, Measured]]) -> None:
    """Add the row of so many clients, with its ratios in the same round."""
    ours = Measured(*map(middle, zip(*[one[OURS] for one in rounds], strict=True)))
    against = {
        name: middle([one[OURS].rate / one[name].rate for one in rounds]) for name in rounds[0]
    }
    ratios = [f"{against[name]:.2f}" if name in against else "–" for name in (RAW, OLD)]
    table.rows.append([clients, f"{ours.rate:.0f}", ms(ours.p50), ms(ours.p99), *ratios])
    if clients == 16:
        table.target("cycles / s at 16 clients, against raw", against[RAW], at_least=0.5)
        if OLD in against:
            table.target(f"the same against {AGAINST}", against[OLD], at_least=1.9)


def fill() -> dict[int, str]:
    """Fill the floor, and give everybody a task; return their tokens."""
    from knox.models import AuthToken

    from qc.models import User
    from qc.work import assignment

    floor.clear()
    floor.add_queues()
    floor.add_people(max(CLIENTS))
    floor.add_tasks(300_000)
    for person in range(1, max(CLIENTS) + 1):
        assignment.hand_out(person)
    people = User.objects.filter(pk__lte=max(CLIENTS))
    return {person.pk: AuthToken.objects.create(person)[1] for person in people}


@contextmanager
def _sites() -> Iterator[dict[str, int]]:
    """Run all that are compared; yield their ports."""
    with ExitStack() as stack:
        ports = {OURS: stack.enter_context(web()).port}
        ports[RAW] = stack.enter_context(web(command=(*GUNICORN, "benchmarks.raw_cycle"))).port
        if AGAINST:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _check_out(folder)
            ports[OLD] = stack.enter_context(web(root=folder)).port
        yield ports


def _check_out(folder: Path) -> None:
    files = subprocess.run(
        ["git", "archive", AGAINST], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=files.stdout, check=True)
