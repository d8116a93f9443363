"""Which caches there are, by the address of Redis; and that its counters count."""

import pytest
from django.core.cache import CacheHandler

from config.caches import OWN, caches
from qc.web import rate_limits
from tests import servers
from tests.databases import needs_redis


@pytest.mark.parametrize("url", ["", "sentinel://one:26379;sentinel://two:26379/0"])
def test_nothing_is_shared_without_a_redis_that_can_be_asked(url: str) -> None:
    assert {one["BACKEND"] for one in caches(url).values()} == {OWN}


def test_calls_are_counted_in_redis_and_nothing_else_is() -> None:
    found = caches("redis://:pass,word@host:6379/1")
    assert found["default"]["BACKEND"] == OWN
    assert found["limits"]["LOCATION"] == ["redis://:pass,word@host:6379/1"]


@needs_redis
def test_calls_of_all_processes_are_counted_together_until_redis_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with servers.private_redis() as redis:
        url = f"redis://127.0.0.1:{redis.port}/0"
        processes = [rate_limits.Counters(), rate_limits.Counters()]
        monkeypatch.setattr(rate_limits, "caches", CacheHandler(caches(url)))
        assert [one.add("erp") for one in (*processes, *processes)] == [1, 2, 3, 4]
        redis.kill()
        assert [one.add("erp") for one in processes] == [1, 2]
