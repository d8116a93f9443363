"""How long a request waits for a thread: config/gunicorn_worker.py, by a clock set by hand."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from config import gunicorn_worker
from config.gunicorn_worker import OVERLOADED_SECONDS, PATIENCE_SECONDS, SOON_SECONDS, Pool
from qc.core import overload

Keep = Callable[[float], bool]


@pytest.fixture
def keep_busy(monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Keep the only thread of a pool busy, then hold it up a little; say if who waits is refused.

    Some request waits at each moment, each for the same time.
    """
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(gunicorn_worker, "time", SimpleNamespace(monotonic=lambda: clock.now))
    pool = Pool(1)

    def held_up() -> object:
        waiting = pool.submit(overload.is_late)
        clock.now += OVERLOADED_SECONDS + 1
        return waiting

    def keep(seconds: float) -> bool:
        end = clock.now + 2 * PATIENCE_SECONDS

        def busy() -> object:
            is_over = clock.now > end
            following = pool.submit(held_up if is_over else busy)
            clock.now += seconds
            return following

        result: object = pool.submit(busy)
        while not isinstance(result, bool):
            result = result.result(timeout=60)  # type: ignore[attr-defined]
        pool.shutdown()
        return result

    return keep


def test_request_held_up_where_others_were_taken_up_soon_is_answered(keep_busy: Keep) -> None:
    assert keep_busy(SOON_SECONDS / 2) is False


def test_request_held_up_where_all_waited_long_is_refused(keep_busy: Keep) -> None:
    assert keep_busy(SOON_SECONDS * 1.5) is True
