"""A shift signs in at once: by HTTP on gunicorn, with our hash of passwords and with Django's."""

import importlib
import time
from statistics import quantiles
from typing import NamedTuple

from benchmarks import floor
from benchmarks.clients import Crowd, at_once
from benchmarks.cycle import sign_in
from benchmarks.report import Table, middle, ms
from benchmarks.web import web

PEOPLE = 64
# They sign in before, so that nothing is imported while others are timed.
FIRST = 8
ROUNDS = 3
OURS, EARLIER = "config.settings", "benchmarks.earlier_hashing"
NAMES = {OURS: "ours: 19 MiB, one thread", EARLIER: "Django's: 100 MiB, eight threads"}
MB = 1_000_000


class Round(NamedTuple):
    """What one round took: seconds for each sign-in, seconds for all, and bytes of memory."""

    p50: float
    p99: float
    whole: float
    memory: float


def run(size: int = PEOPLE) -> Table:
    """Measure both in turn, and return the table."""
    rounds: dict[str, list[Round]] = {OURS: [], EARLIER: []}
    for _ in range(ROUNDS):
        for settings, measured in rounds.items():
            measured.append(_measured(settings, size))
    table = Table(
        title="Sign-in: a shift comes at the same time",
        about=f"{size} people `POST /login/` at once to two processes of eight threads, each with"
        " a token and a task in the answer; Argon2id with two passes either way. Memory is the"
        f" most that all processes of `web` took at once. Medians of {ROUNDS} rounds in turn.",
        head=["hash", "p50", "p99", "all are in after", "memory of web"],
    )
    medians = {name: Round(*map(middle, zip(*each, strict=True))) for name, each in rounds.items()}
    for name, one in medians.items():
        times = [ms(one.p50), ms(one.p99), ms(one.whole)]
        table.rows.append([NAMES[name], *times, f"{one.memory / MB:.0f} MB"])
    ours, earlier = medians[OURS], medians[EARLIER]
    table.target("p99 against Django's", ours.p99 / earlier.p99, at_most=0.2)
    table.target("memory of web in MB", ours.memory / MB, at_most=400)
    return table


def _measured(settings: str, size: int) -> Round:
    floor.clear()
    floor.add_queues()
    floor.add_people(size + FIRST, password=_hashed(settings))
    floor.add_tasks(10 * size)
    with web(settings) as site:
        for person in range(size + 1, size + FIRST + 1):
            sign_in(site.port, person)
        with site.watched() as memory:
            crowd = at_once(size, lambda person: [_sign_in(site.port, person)])
        return Round(*_times(crowd), max(memory))


def _sign_in(port: int, person: int) -> float:
    begun = time.perf_counter()
    sign_in(port, person)
    return time.perf_counter() - begun


def _times(crowd: Crowd) -> tuple[float, float, float]:
    return middle(crowd.times), quantiles(crowd.times, n=100)[98], crowd.whole


def _hashed(settings: str) -> str:
    from django.utils.module_loading import import_string

    hasher = import_string(importlib.import_module(settings).PASSWORD_HASHERS[0])()
    return str(hasher.encode("demo", hasher.salt()))
