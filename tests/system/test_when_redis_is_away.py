"""Without its broker the web works on; worker and beat come back when the broker does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import requests

from qc import presence
from qc.models import Queue, Task, User
from tests import servers
from tests.system.site import Site
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

needs_redis = pytest.mark.skipif(
    not servers.has_redis(), reason="there is no redis-server on this machine"
)


@pytest.fixture
def port() -> int:
    return servers.free_port()


@pytest.fixture
def late_redis(port: int) -> Iterator[Callable[[], None]]:
    """Starts a Redis on the port, when it is called."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(servers.private_redis(port)) and None


@needs_redis
def test_work_goes_on_and_the_sweep_comes_back(
    site: Site, queue: Queue, hire: Hire, pile: Pile, port: int, late_redis: Callable[[], None]
) -> None:
    anna, ben = hire(2)
    pile(queue, 3)
    site.variables = {
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "SECRET_KEY": "k" * 60,
        "QC_HTTPS": "off",
    }
    site.start_web()
    site.start("worker")
    site.start("beat")

    session = requests.Session()
    credentials = {"username": anna.username, "password": "demo"}
    answer = session.post(f"{site.url}/login/", json=credentials, timeout=30).json()
    session.headers["Authorization"] = f"Token {answer['token']}"
    first = answer["tasks"][0]["id"]
    done = session.post(f"{site.url}/taskcomplete/{first}/", timeout=30).json()
    assert done["completed"]["id"] == first
    assert done["next"]["id"] != first

    presence.sign_in(ben.pk)
    assert not Task.objects.held_by(ben).exists()
    until(lambda: "Cannot connect to redis" in site.log("worker").read_text(), within=30)
    late_redis()
    until(lambda: Task.objects.held_by(ben).exists(), within=60)
