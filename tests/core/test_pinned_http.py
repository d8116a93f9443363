"""Posting to an address that was looked at: how long it may take."""

import socket
import ssl
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from qc.core import pinned_http
from qc.core.pinned_http import Limits, Target, Undelivered

LIMITS = Limits(seconds=5, seconds_in_all=0.05)
ADDRESS = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]


@pytest.fixture
def is_over() -> Iterator[Event]:
    """Is set when the test is over: what waits for it goes on."""
    is_over = Event()
    yield is_over
    is_over.set()


def test_name_server_that_is_silent_holds_nobody_for_longer_than_the_limit(
    monkeypatch: Any, is_over: Event
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_name, **_type: is_over.wait(10))
    begun = time.monotonic()
    with pytest.raises(Undelivered, match="looked up in time"):
        pinned_http.post("https://erp.example.com/", b"{}", {}, LIMITS)
    assert time.monotonic() - begun < 2


def test_time_in_all_begins_before_the_name_is_looked_up(monkeypatch: Any, is_over: Event) -> None:
    left = []

    def look_up(*_name: Any, **_type: Any) -> Any:
        is_over.wait(0.03)
        return ADDRESS

    def timer(seconds: float, _function: Any) -> Any:
        left.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(pinned_http, "Timer", timer)
    with pytest.raises(Undelivered):
        pinned_http.post("https://erp.example.com/", b"{}", {}, LIMITS)
    assert left[0] <= LIMITS.seconds_in_all - 0.03


def test_time_that_ran_out_while_it_was_being_secured_is_noticed_afterwards(
    monkeypatch: Any,
) -> None:
    receiver, ours = socket.socketpair()

    class SlowContext:
        def wrap_socket(self, sock: socket.socket, **_name: Any) -> socket.socket:
            # As ssl does: what was there is empty, and can't be shut down.
            secured = socket.socket(fileno=sock.detach())
            secured.settimeout(5)
            connection.wait_until_over()
            return secured

    class Connection(pinned_http.PinnedConnection):
        def wait_until_over(self) -> None:
            receiver.settimeout(0.01)
            while not self.is_over:
                with pytest.raises(TimeoutError):
                    receiver.recv(1)

    connection = Connection(Target(True, "erp.example.com", 443, "/", "203.0.113.7"), 5)
    monkeypatch.setattr(socket, "create_connection", lambda *_place: ours)
    monkeypatch.setattr(ssl, "create_default_context", SlowContext)
    monkeypatch.setattr(pinned_http, "_resolved", lambda *_parts: connection.target)
    monkeypatch.setattr(pinned_http, "PinnedConnection", lambda *_parts: connection)
    with receiver, pytest.raises(Undelivered, match="no answer in time"):
        pinned_http.post("https://erp.example.com/", b"{}", {}, LIMITS)
