"""Clients of the API."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from qc.core import clock as watch
from qc.models import User
from qc.work import sweep


@pytest.fixture
def api_client() -> APIClient:
    """A client that nobody has signed in with."""
    return APIClient()


@pytest.fixture
def sign_in() -> Callable[[User], APIClient]:
    """Sign somebody in through POST /login/; return a client with their token."""

    def sign_in(user: User) -> APIClient:
        client = APIClient()
        answer = client.post("/login/", {"username": user.username, "password": "demo"})
        assert answer.status_code == 200, answer.content
        client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
        return client

    return sign_in


class Clock:
    """The site's clock, which stands until a test moves it."""

    def __init__(self) -> None:
        self.moment = timezone.now()

    def now(self) -> datetime:
        return self.moment

    def play(self, minutes: int, *, sweep_every: int) -> None:
        """Let minutes pass, with a sweep every few of them."""
        for minute in range(1, minutes + 1):
            self.moment += timedelta(minutes=1)
            if minute % sweep_every == 0:
                sweep.sweep()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test moves."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)
    # Nobody sets it: time passes.
    monkeypatch.setattr(sweep, "CLOCK", watch.Clock())
    monkeypatch.setattr(watch, "monotonic", lambda: clock.now().timestamp())
    return clock
