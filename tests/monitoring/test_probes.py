"""`/healthz` says that a process answers, `/readyz` whether all that it needs is there."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc import tasks
from qc.models import JobRun
from qc.monitoring import checks
from qc.web import probes
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db, on_sqlite]

SECRETS = ("secret-of-redis", "127.0.0.1", "10.9.8.7", "6379")


@pytest.fixture
def swept(settings: Any) -> JobRun:
    """The last sweep ended just now."""
    settings.QC_SWEEP_SECONDS = 5
    tasks.sweep()
    return JobRun.objects.get(name="sweep")


@pytest.fixture(autouse=True)
def forgotten_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(checks.CHECKS, "migrations", checks.Migrations().check)


def why(answer: Any) -> dict[str, str]:
    return {name: one["why"] for name, one in answer.json()["checks"].items() if not one["ok"]}


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_health_asks_no_database_and_redirects_nobody(
    path: str, balancer: Client, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    with CaptureQueriesContext(connection) as queries:
        answer = balancer.get(path)
    assert (answer.status_code, answer.json(), len(queries)) == (200, {"status": "alive"}, 0)
    assert answer.headers["X-Request-ID"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_answer_head_and_change_nothing(path: str, balancer: Client, swept: JobRun) -> None:
    assert (balancer.head(path).status_code, balancer.head(path).content) == (200, b"")
    assert balancer.post(path).status_code == 405


def test_ready_when_all_is_there(balancer: Client, swept: JobRun, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = balancer.get("/readyz")
    names = ("database", "migrations", "broker", "sweep")
    assert answer.json() == {"status": "ready", "checks": {name: {"ok": True} for name in names}}
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_nothing_is_logged_of_who_asks(balancer: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert balancer.get("/readyz").status_code == 503
    assert Client().get("/nowhere/").status_code == 404
    logged = [one.getMessage() for one in caplog.records if one.name == "django.request"]
    assert logged == ["Not Found: /nowhere/"]


def test_not_ready_before_the_first_sweep(balancer: Client) -> None:
    answer = balancer.get("/readyz")
    assert (answer.status_code, why(answer)) == (503, {"sweep": "no sweep has ended yet"})


@pytest.mark.parametrize(("seconds", "status"), [(9, 200), (16, 503), (-3600, 503)])
def test_last_sweep_must_be_younger_than_three_periods(
    seconds: int, status: int, balancer: Client, swept: JobRun
) -> None:
    moment = timezone.now() - timedelta(seconds=seconds)
    JobRun.objects.update(succeeded_at=moment)
    assert balancer.get("/readyz").status_code == status


def test_sweep_that_fails_is_no_sweep(
    balancer: Client, swept: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    JobRun.objects.update(succeeded_at=long_ago)

    def fails() -> None:
        raise OperationalError(2013, "Lost connection")

    monkeypatch.setattr(tasks.sweeps, "sweep", fails)
    with pytest.raises(OperationalError):
        tasks.sweep()
    run = JobRun.objects.get(name="sweep")
    assert (run.succeeded_at, run.failed_runs) == (long_ago, 1)
    assert run.error == "OperationalError: (2013, 'Lost connection')"
    assert why(balancer.get("/readyz")) == {"sweep": "the last one ended 3600 s ago"}


def test_not_ready_while_migrations_are_missing(balancer: Client, swept: JobRun) -> None:
    MigrationRecorder.Migration.objects.filter(app="qc").latest("name").delete()
    answer = balancer.get("/readyz")
    assert (answer.status_code, why(answer)) == (503, {"migrations": "1 not applied"})


def test_database_that_is_away_is_told_without_its_address(
    balancer: Client, swept: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError(2003, "Can't connect to server on '10.9.8.7'")

    monkeypatch.setattr(checks.connection, "cursor", away)
    answer = balancer.get("/readyz")
    assert (answer.status_code, why(answer)["database"]) == (503, "no answer")
    assert not any(word in answer.content.decode() for word in SECRETS)


def test_broker_that_is_away_is_told_soon_and_without_its_address(
    balancer: Client, swept: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config.celery import app

    away = app.connection_for_write("redis://:secret-of-redis@127.0.0.1:1/0", transport="redis")
    monkeypatch.setattr(type(app), "connection_for_write", lambda self: away)
    answer = balancer.get("/readyz")
    assert (answer.status_code, [*why(answer)]) == (503, ["broker"])
    assert not any(word in answer.content.decode() for word in SECRETS)


def test_answer_is_kept_for_two_seconds(balancer: Client, swept: JobRun) -> None:
    balancer.get("/readyz")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            assert balancer.get("/readyz").status_code == 200
    assert len(queries) == 0


def test_checks_cost_a_handful_of_statements(balancer: Client, swept: JobRun) -> None:
    with CaptureQueriesContext(connection) as queries:
        balancer.get("/readyz")
    assert len(queries) <= 5


def test_checks_that_hang_hold_up_one_thread(
    balancer: Client, swept: JobRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "KEPT_SECONDS", 0.2)
    hangs, done = threading.Event(), threading.Event()

    def hang() -> dict[str, str]:
        hangs.set()
        done.wait(10)
        return {}

    monkeypatch.setattr(checks, "all_checks", hang)
    first = threading.Thread(target=probes.readiness.check)
    first.start()
    until(hangs.is_set)
    answer = balancer.get("/readyz")
    done.set()
    first.join()
    assert (answer.status_code, why(answer)) == (503, {"checks": "still waiting after 0.2 s"})
