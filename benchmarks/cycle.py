"""A whole cycle over HTTP: POST /taskcomplete/ on gunicorn, answered with the next task."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

from benchmarks import floor
from benchmarks.clients import Crowd, at_once
from benchmarks.report import Table, middle, ms

CLIENTS = (1, 4, 16, 64)
CYCLES = 800
START_SECONDS = 60


class Client:
    """A person with a token and a connection that stays open."""

    def __init__(self, port: int, person: int) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = {"username": f"qc{person}", "password": "demo"}
        answer = self.post("/login/", body, {})
        self.token = {"Authorization": f"Token {answer['token']}"}
        self.task = answer["tasks"][0]["id"]

    def cycle(self) -> float:
        """Complete a task and get the next; return the seconds it took."""
        begun = time.perf_counter()
        answer = self.post(f"/taskcomplete/{self.task}/", {}, self.token)
        self.task = answer["next"]["id"]
        return time.perf_counter() - begun

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        """Return the answer. Raises AssertionError unless it is a 200."""
        headers = {"Content-Type": "application/json", **headers}
        self.http.request("POST", path, json.dumps(body), headers)
        answer = self.http.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)


@contextmanager
def gunicorn() -> Iterator[int]:
    """Run the site with two processes of eight threads; return its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command = [sys.executable, "-m", *serve, "--threads", "8", "--no-control-socket"]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def measure(port: int, clients: int) -> Crowd:
    """Measure the cycles of so many clients."""

    def work(person: int) -> list[float]:
        client = Client(port, person)
        for _ in range(3):
            client.cycle()
        return [client.cycle() for _ in range(CYCLES // clients)]

    return at_once(clients, work)


def run() -> Table:
    """Measure at each number of clients, on the same site."""
    from django.contrib.auth.hashers import make_password

    floor.clear()
    floor.add_queues()
    floor.add_people(max(CLIENTS), password=make_password("demo"))
    floor.add_tasks(100_000)
    table = Table(
        "Cycle",
        "`POST /taskcomplete/` answered with the next task: gunicorn with two processes of eight"
        " threads, 100,000 tasks waiting; server, database and clients on the same two cores.",
        ["clients", "cycles / s", "p50", "p99"],
    )
    with gunicorn() as port:
        for clients in CLIENTS:
            crowd = measure(port, clients)
            rate, p99 = len(crowd.times) / crowd.whole, quantiles(crowd.times, n=100)[98]
            table.rows.append([clients, f"{rate:.0f}", ms(middle(crowd.times)), ms(p99)])
    return table


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")
