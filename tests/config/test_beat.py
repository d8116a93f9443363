"""Beat asks for sweeps by a clock that nobody can set, and workers drop what waited too long."""

import itertools
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery

from config.beat import Every, Scheduler
from qc import tasks
from qc.core.pace import Pace


class Clock:
    """A steady clock, and the time of day that somebody sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds, self.day = 1000.0, datetime(2026, 11, 26, 10, tzinfo=UTC)
        monkeypatch.setattr(time, "monotonic", lambda: self.seconds)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.day += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_sweeps_go_on_when_the_clock_is_set(clock: Clock, hours: int) -> None:
    app = Celery("test", set_as_current=False)
    app.now = lambda: clock.day  # type: ignore[method-assign]
    app.conf.beat_schedule = {"sweep": {"task": "sweep", "schedule": Every(5)}}
    asked: list[float] = []
    scheduler = Scheduler(app=app, lazy=True)
    scheduler.apply_entry = lambda entry, producer=None: asked.append(clock.seconds)  # type: ignore[method-assign]
    scheduler.merge_inplace(app.conf.beat_schedule)
    for step in range(60):
        if step == 30:
            clock.day += timedelta(hours=hours)
        scheduler.tick()
        clock.pass_by(1)
    assert len(asked) >= 11
    assert all(later - sooner <= 6 for sooner, later in itertools.pairwise(asked))


@pytest.mark.django_db
def test_forty_thousand_messages_are_one_sweep_and_one_line(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept: list[Any] = []
    monkeypatch.setattr(tasks, "SWEEPS", Pace(2.5))
    monkeypatch.setattr(tasks.sweeps, "sweep", lambda: swept.append(1) or {})
    monkeypatch.setattr(tasks.import_lease, "abandoned", list)
    # What waits in a real broker: tests/system/test_frozen_worker.py.
    monkeypatch.setattr(tasks, "BACKLOG", 50_000)
    with caplog.at_level(logging.INFO, "qc.tasks"):
        for _ in range(40_000):
            tasks.sweep.request_stack.push(Message())
            tasks.sweep.run()
            tasks.sweep.request_stack.pop()
        clock.pass_by(5)
        tasks.sweep.request_stack.push(Message())
        tasks.sweep.run()
        tasks.sweep.request_stack.pop()
    assert len(swept) == 2
    assert caplog.messages == ["sweep: dropped 39999 that came too soon, or had waited"]


class Message:
    """The request of a job that a worker has received."""

    called_directly = False
