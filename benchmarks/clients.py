"""Many clients at once, each a process with a database connection of its own."""

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

FORK = multiprocessing.get_context("fork")


def at_once(clients: int, act: Callable[[int], list[float]]) -> tuple[list[float], float]:
    """Runs `act(number)` in so many processes from one moment on.

    Gives all the times that they measured, in seconds, and how long the whole took.
    """
    connections.close_all()
    gate = FORK.Barrier(clients + 1)
    answers: Any = FORK.SimpleQueue()

    def work(number: int) -> None:
        connection.ensure_connection()
        gate.wait()
        answers.put(act(number))
        connections.close_all()

    processes = [FORK.Process(target=work, args=(n,)) for n in range(1, clients + 1)]
    for process in processes:
        process.start()
    gate.wait()
    begun = time.perf_counter()
    times = [taken for _ in processes for taken in answers.get()]
    whole = time.perf_counter() - begun
    for process in processes:
        process.join()
    return times, whole


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Gives how long `act` took, in seconds, and what it gave."""
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result
