"""More is asked than there are threads: who can't be answered soon is told so, and soon."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests

from tests.databases import on_sqlite
from tests.system.site import Site
from tests.waiting import until

pytestmark = on_sqlite

ALL_THREADS = 2
# What a thread waits for that is held up: longer than any answer here takes.
LONG_SECONDS = 60
HEAD = "\r\n".join(
    [
        "POST /login/ HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "Content-Length: 9",
        "",
        "",
    ]
)


@pytest.fixture
def web(site: Site) -> Site:
    """A site with one process of two threads."""
    site.variables = {"QC_WEB_PROCESSES": "1", "QC_WEB_THREADS": str(ALL_THREADS)}
    site.start_web()
    return site


@contextmanager
def connected(site: Site, n: int, *, sent: str = "") -> Iterator[None]:
    """Open so many connections, and send no more than this on each."""
    with ExitStack() as stack:
        for _ in range(n):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            one.sendall(sent.encode())
        yield


def get(site: Site, path: str) -> requests.Response:
    return requests.get(site.url + path, timeout=LONG_SECONDS / 2)


def test_request_that_finds_no_thread_is_refused_in_words(web: Site) -> None:
    with connected(web, ALL_THREADS, sent=HEAD):
        until(lambda: get(web, "/admin/login/").status_code == 503, within=30)
        page, call = get(web, "/admin/login/"), get(web, "/dashbord/")
        assert "Too much is asked at once" in page.text
        assert call.status_code == 503
        assert call.json()["detail"].startswith("Too much is asked at once")
        assert page.headers["Retry-After"] == call.headers["Retry-After"] == "5"
        assert get(web, "/healthz").status_code == 200
    until(web.answers, within=30)


def test_connections_on_which_nothing_was_sent_hold_up_nobody(web: Site) -> None:
    with connected(web, 10 * ALL_THREADS):
        assert get(web, "/admin/login/").status_code == 200
