"""A lost race for a lock is tried again, counted, and in the end said in plain words."""

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
def counted_from_nothing() -> Iterator[None]:
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
class TestTryingAgain:
    def test_it_wins_in_the_end_and_counts(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO", "qc.core.transactions"):
            assert attempt(Loses(ATTEMPTS - 1)) == "won"
        assert lost_races == {"race": ATTEMPTS - 1}
        assert "race lost a race for a lock (1213), attempt 4 of 5; 4 lost since" in caplog.text

    def test_it_gives_up_after_five(self) -> None:
        with pytest.raises(Busy, match="please try again"):
            attempt(Loses(ATTEMPTS))

    def test_any_other_error_is_none_of_its_business(self) -> None:
        with pytest.raises(OperationalError):
            attempt(Loses(1, OperationalError(2013, "Lost connection")))
        assert not lost_races


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_two_that_lock_crosswise_both_get_there(
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
class TestWhatPeopleSee:
    @pytest.fixture(autouse=True)
    def too_many(self, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """From now on whoever signs in loses every race."""
        monkeypatch.setattr(presence, "sign_in", Loses(1000, Busy()).run)

    def test_a_page_says_so(self) -> None:
        answer = Client().post("/admin/login/", {"username": "anna", "password": "demo"})
        assert answer.status_code == 503
        assert "Nothing was changed; please try again" in answer.content.decode()

    def test_the_api_says_so(self) -> None:
        answer = APIClient().post("/login/", {"username": "anna", "password": "demo"})
        assert answer.status_code == 503
        assert "please try again" in answer.json()["detail"]
