"""Many clients at once, each a process with a database connection of its own."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection, connections

FORK = multiprocessing.get_context("fork")


class Crowd(NamedTuple):
    """What many clients measured together, in seconds, and how many races for locks they lost."""

    times: list[float]
    whole: float
    lost_races: int


def at_once(clients: int, act: Callable[[int], list[float]], *, is_remote: bool = False) -> Crowd:
    """Run `act(number)`, which returns its times, in so many processes that start together.

    With `is_remote` they ask a site, and need no connection to the database.
    """
    from qc.core.transactions import lost_races

    connections.close_all()
    gate = FORK.Barrier(clients + 1)
    answers: Any = FORK.SimpleQueue()

    def work(number: int) -> None:
        if not is_remote:
            connection.ensure_connection()
        lost_races.clear()
        gate.wait()
        try:
            answers.put((act(number), lost_races.total()))
        except Exception as error:
            answers.put(error)
        connections.close_all()

    processes = [FORK.Process(target=work, args=(n,)) for n in range(1, clients + 1)]
    for process in processes:
        process.start()
    gate.wait()
    begun = time.perf_counter()
    measured = [answers.get() for _ in processes]
    whole = time.perf_counter() - begun
    for process in processes:
        process.join()
    for failure in (one for one in measured if isinstance(one, Exception)):
        raise failure
    times = [taken for each, _lost in measured for taken in each]
    return Crowd(times, whole, sum(lost for _each, lost in measured))


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long `act` took, in seconds, and what it returned."""
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result
