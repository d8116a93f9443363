"""Whoever looks for a broker that is away looks often, and says so in a line."""

import logging
from typing import Any

import pytest
from celery import beat
from kombu.utils import functional

from config.beat import Every, Scheduler
from config.celery import app
from tests import servers


def test_broker_that_was_away_for_long_is_found_within_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(functional, "sleep", lambda _seconds: None)

    def failed(_error: Exception, pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 20:
            raise KeyboardInterrupt

    away = f"redis://{servers.HOST}:{servers.free_port()}/0"
    with app.amqp.Connection(away) as connection, pytest.raises(KeyboardInterrupt):
        connection.ensure_connection(failed)
    assert max(pauses) == 10


def test_beat_without_its_broker_says_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_entry: Any, **_more: Any) -> None:
        raise beat.SchedulingError("Couldn't apply scheduled task sweep: No master found")

    scheduler = Scheduler(app=app, lazy=True)
    monkeypatch.setattr(scheduler, "apply_async", away)
    with caplog.at_level(logging.WARNING):
        scheduler.apply_entry(beat.ScheduleEntry("sweep", "qc.tasks.sweep", schedule=Every(5)))
    assert caplog.messages == ["Couldn't apply scheduled task sweep: No master found"]
    assert caplog.records[0].exc_info is None
