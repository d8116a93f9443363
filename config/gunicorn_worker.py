"""gunicorn's worker of threads, in which no request waits for one without end.

When many come at once, as at the beginning of a shift, or something holds all up for a moment, they
wait. When none has been taken up soon for long, each waits a short time only: else all would wait
longer than anybody waits for an answer.
Whatever has waited too long is taken by a thread of its own, even where something holds up all
others; `qc.web.overload` refuses it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, NamedTuple

from gunicorn.workers import gthread

from qc.core import overload, polls

# How long a request waits at most: when some request was taken up soon within that time, and when
# none was.
PATIENCE_SECONDS, OVERLOADED_SECONDS = 10.0, 2.0
SOON_SECONDS = 1.0


class Waiting(NamedTuple):
    """A call that waits for a thread, and since when."""

    since: float
    future: Future[Any]
    call: Callable[[], Any]

    def waited(self) -> float:
        """Return for how many seconds it has waited."""
        return time.monotonic() - self.since

    def run(self, *, is_late: bool) -> None:
        """Make the call, which is told whether it waited too long."""
        overload.note(is_late=is_late)
        try:
            self.future.set_result(self.call())
        except BaseException as error:
            self.future.set_exception(error)


class Pool(Executor):
    """Threads that take calls in the order in which they came, and one for what waited too long."""

    def __init__(self, threads: int) -> None:
        self.waiting: deque[Waiting] = deque()
        self.arrived = threading.Condition()
        self.over = threading.Event()
        self.taken_soon_at = time.monotonic()
        for work in [self._work] * threads + [self._work_on_the_late]:
            threading.Thread(target=work, daemon=True).start()

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Let a call wait for a thread; return where its result will be."""
        added = Waiting(time.monotonic(), Future(), partial(call, *args, **kwargs))
        with self.arrived:
            self.waiting.append(added)
            self.arrived.notify()
        return added.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let each thread end after the call that it is at."""
        with self.arrived:
            self.over.set()
            self.arrived.notify_all()

    def _work(self) -> None:
        while taken := self._take():
            if (waited := taken.waited()) < SOON_SECONDS:
                self.taken_soon_at = time.monotonic()
            taken.run(is_late=waited >= self._longest_wait())

    def _take(self) -> Waiting | None:
        """Return the call that waits longest; None at the end."""
        with self.arrived:
            self.arrived.wait_for(lambda: self.waiting or self.over.is_set())
            return None if self.over.is_set() else self.waiting.popleft()

    def _work_on_the_late(self) -> None:
        while not self.over.wait(self._early()):
            if late := self._take_late():
                late.run(is_late=True)

    def _take_late(self) -> Waiting | None:
        with self.arrived:
            return self.waiting.popleft() if self.waiting and self._early() <= 0 else None

    def _early(self) -> float:
        """Return in how many seconds some call may have waited too long."""
        try:
            waited = self.waiting[0].waited()
        except IndexError:
            return OVERLOADED_SECONDS
        return max(0.0, self._longest_wait() - waited)

    def _longest_wait(self) -> float:
        is_overloaded = time.monotonic() - self.taken_soon_at >= PATIENCE_SECONDS
        return OVERLOADED_SECONDS if is_overloaded else PATIENCE_SECONDS


class Worker(gthread.ThreadWorker):
    """Gives threads to requests only, and none to a connection on which nothing was sent yet."""

    def get_thread_pool(self) -> Pool:
        """Return the threads."""
        return Pool(self.cfg.threads)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Begin to end; whoever waits for something to happen is answered now."""
        polls.end()
        super().handle_exit(sig, frame)

    def enqueue_req(self, conn: Any) -> None:
        """Let a request wait for a thread, or a connection for its first request."""
        if conn.initialized or conn.data_ready or not self.alive:
            super().enqueue_req(conn)
        else:
            nothing_yet: Future[object] = Future()
            nothing_yet.set_result(gthread._DEFER)  # noqa: SLF001 - as its own threads return
            self.finish_request(conn, nothing_yet)
