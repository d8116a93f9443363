"""Without its broker the web works on; the others come back when the broker does."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from qc.models import Queue, Task, User
from qc.work import presence
from tests import servers
from tests.databases import needs_redis, on_mariadb
from tests.system.clients import Client, answers, assert_done_once, at_work
from tests.system.records import completions, long_gone
from tests.system.site import Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

pytestmark = [needs_redis, on_mariadb]

AWAY_SECONDS = 30


@pytest.fixture
def redis() -> Iterator[servers.Server]:
    with servers.private_redis() as server:
        yield server


@pytest.fixture
def site(site: Site, redis: servers.Server) -> Site:
    """A site on a Redis of its own."""
    site.variables = {
        "REDIS_URL": f"redis://{servers.HOST}:{redis.port}/0",
        "SECRET_KEY": "k" * 60,
        "QC_HTTPS": "off",
    }
    return site


def test_work_goes_on_without_redis_and_the_sweep_returns_with_it(
    site: Site, queue: Queue, hire: Hire, pile: Pile, redis: servers.Server
) -> None:
    anna, ben = hire(2)
    pile(queue, 3)
    redis.stop()
    site.start_web()
    for kind in ("worker", "sweeper", "beat"):
        site.start(kind)

    client = Client(site.url, anna.username)
    client.sign_in()
    [first] = client.look()["me"]["tasks"]
    client.do([first])
    [second] = client.look()["me"]["tasks"]
    assert second["id"] != first["id"]

    presence.sign_in(ben.pk)
    assert not Task.objects.held_by(ben).exists()
    until(lambda: "Cannot connect to redis" in site.printed_by("worker"), within=30)
    redis.start()
    until(lambda: Task.objects.held_by(ben).exists(), within=60)


def test_half_a_minute_without_redis_disturbs_nobody_at_work(
    site: Site, queue: Queue, hire: Hire, pile: Pile, redis: servers.Server
) -> None:
    *people, vanished = hire(5)
    pile(queue, 1000)
    presence.sign_in(vanished.pk)
    site.start_web()
    site.start_jobs()
    clients = [Client(site.url, person.username, handling=0.1) for person in people]
    with at_work(clients) as shift:
        until(lambda: shift.done() > 20, within=30)
        redis.stop()
        until(lambda: "Connection to broker lost" in site.printed_by("sweeper"), within=30)
        before, swept = shift.done(), long_gone(vanished)
        Event().wait(AWAY_SECONDS)
        until(lambda: shift.done() > before + AWAY_SECONDS, within=60)
        assert not swept()
        redis.start()
        until(swept, within=60)
        shift.end()

    assert answers(clients).keys() == {200}
    assert_done_once(clients, completions())
    assert_sound(site)
