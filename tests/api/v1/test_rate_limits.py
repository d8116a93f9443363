"""How many calls of /api/v1/ somebody may make in a minute, and what says so."""

import time
from typing import Any

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from qc.models import Role, Scope, User
from qc.web import rate_limits
from tests.conftest import person
from tests.databases import on_sqlite
from tests.service_tokens import client, make

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture(autouse=True)
def three_a_minute(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Three calls in a minute, which is 18 seconds old and stands still."""
    settings.QC_API_PER_MINUTE = 3
    now = [1_800_000_018.5]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(rate_limits, "counters", rate_limits.Counters())
    return now


def left(answer: Any) -> str:
    return str(answer["RateLimit"])


def test_answers_say_how_many_there_may_be_and_are_left(root: User, call: str) -> None:
    caller = client(make(root, Scope.READ_TASKS)[1])
    answers = [caller.get(call), caller.post(call), caller.get(call)]
    assert {one["RateLimit-Policy"] for one in answers} == {'"default";q=3;w=60'}
    assert [left(one) for one in answers] == [f'"default";r={n};t=42' for n in (2, 1, 0)]
    # What was refused for its scope counts too.
    assert [one.status_code for one in answers] == [200, 403, 200]


def test_one_too_many_is_a_problem_that_says_when_to_come_again(
    root: User, call: str, three_a_minute: list[float]
) -> None:
    caller = client(make(root, Scope.READ_TASKS)[1])
    answer = [caller.get(call) for _ in range(4)][-1]
    assert (answer.status_code, answer["Retry-After"]) == (429, "42")
    assert answer["Content-Type"] == "application/problem+json"
    assert left(answer) == '"default";r=0;t=42'
    three_a_minute[0] += 42
    assert left(caller.get(call)) == '"default";r=2;t=60'


def test_each_token_and_each_person_has_their_own(root: User, call: str) -> None:
    erp, scanner = (
        client(make(root, Scope.READ_TASKS, name=name)[1]) for name in ("erp", "scanner")
    )
    mona = APIClient()
    mona.force_authenticate(person("mona", Role.MANAGERS))
    for _ in range(4):
        erp.get(call)
    assert [left(one.get(call))[:13] for one in (scanner, mona)] == ['"default";r=2'] * 2


def test_who_is_not_known_is_not_counted(db: None, call: str) -> None:
    assert "RateLimit" not in APIClient().get(call)


def test_old_calls_have_no_limit(anna: User) -> None:
    caller = APIClient()
    caller.force_authenticate(anna)
    assert {caller.get("/dashbord/").status_code for _ in range(5)} == {200}


def test_call_is_answered_while_redis_is_away_which_is_not_asked_again_at_once(
    root: User, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(*_args: Any) -> None:
        asked.append(1)
        raise RedisAway

    monkeypatch.setattr(type(caches["limits"]), "incr", away)
    monkeypatch.setattr(rate_limits, "OWN", "other")
    monkeypatch.setattr(rate_limits, "caches", {"limits": caches["limits"], "other": OwnCache()})
    caller = client(make(root, Scope.READ_TASKS)[1])
    assert [caller.get(call).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert len(asked) == 1


class OwnCache:
    """A cache that is there."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def add(self, key: str, value: int, timeout: int) -> None:
        self.values.setdefault(key, value)

    def incr(self, key: str) -> int:
        self.values[key] += 1
        return self.values[key]
