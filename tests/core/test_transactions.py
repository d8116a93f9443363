"""Retries of transactions that lost a race for a lock."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client
from rest_framework.test import APIClient

from qc.core.exceptions import Busy
from qc.core.transactions import ATTEMPTS, lost_races, retrying
from qc.models import Queue, User
from qc.work import presence
from tests.databases import on_mariadb

DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")


@pytest.fixture(autouse=True)
def reset_lost_races() -> Iterator[None]:
    lost_races.clear()
    yield
    lost_races.clear()


class Loses:
    """Loses so many races, and then wins."""

    def __init__(self, times: int, error: Exception = DEADLOCK) -> None:
        self.left, self.error = times, error

    def run(self, *_args: Any, **_named: Any) -> str:
        if self.left:
            self.left -= 1
            raise self.error
        return "won"


def attempt(loses: Loses) -> str:
    @retrying
    def race() -> str:
        return loses.run()

    return race()


@pytest.mark.django_db(transaction=True)
class TestRetries:
    def test_function_is_retried_until_it_wins_and_losses_are_counted(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("INFO", "qc.core.transactions"):
            assert attempt(Loses(ATTEMPTS - 1)) == "won"
        assert lost_races == {"race": ATTEMPTS - 1}
        assert "race lost a race for a lock (1213), attempt 4 of 5; 4 lost since" in caplog.text

    def test_busy_is_raised_after_five_lost_races(self) -> None:
        with pytest.raises(Busy, match="please try again"):
            attempt(Loses(ATTEMPTS))

    def test_other_database_error_is_raised_at_once(self) -> None:
        with pytest.raises(OperationalError):
            attempt(Loses(1, OperationalError(2013, "Lost connection")))
        assert not lost_races


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_both_of_two_deadlocked_transactions_succeed(
    anna: User, ben: User, invoices: Queue, labels: Queue
) -> None:
    met = threading.Barrier(2)

    def cross(first: int, second: int) -> int:
        held: list[int] = []

        @retrying
        def lock_both() -> None:
            User.objects.locked(first).get()
            if not held:
                held.append(first)
                met.wait(timeout=10)
            User.objects.locked(second).get()

        try:
            lock_both()
        finally:
            connections.close_all()
        return first

    with ThreadPoolExecutor(2) as pool:
        there = list(pool.map(cross, (anna.pk, ben.pk), (ben.pk, anna.pk)))
    assert there == [anna.pk, ben.pk]
    assert lost_races["lock_both"] >= 1


@pytest.mark.django_db
class TestBusyMessage:
    @pytest.fixture(autouse=True)
    def too_many(self, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on whoever signs in loses every race."""
        monkeypatch.setattr(presence, "sign_in", Loses(1000, Busy()).run)

    def test_page_says_that_the_system_is_busy(self) -> None:
        answer = Client().post("/admin/login/", {"username": "anna", "password": "demo"})
        assert answer.status_code == 503
        assert "Nothing was changed; please try again" in answer.content.decode()

    def test_api_says_that_the_system_is_busy(self) -> None:
        answer = APIClient().post("/login/", {"username": "anna", "password": "demo"})
        assert answer.status_code == 503
        assert "please try again" in answer.json()["detail"]
