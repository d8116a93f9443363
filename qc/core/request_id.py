"""Which request, job or import the work at hand belongs to: in history rows and in log lines."""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64
SANE = re.compile(rf"\A[A-Za-z0-9._-]{{1,{LONGEST}}}\Z")

_request_id: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def request_id(name: str) -> Iterator[None]:
    """Name what all inside belongs to; "" is nothing in particular."""
    token = _request_id.set(name)
    try:
        yield
    finally:
        _request_id.reset(token)


def current_request_id() -> str:
    """Return the name of what the present work belongs to, or ""."""
    return _request_id.get()


def taken_or_made(told: str) -> str:
    """Return the id that a proxy or a client told, where it is a sane one; else a new one."""
    return told if SANE.fullmatch(told) else uuid.uuid4().hex


class RequestFilter(logging.Filter):
    """Puts `request_id` on each log record, for the format of the lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        # What Django says of an answer it says when all is over: its record has the request.
        answered = getattr(getattr(record, "request", None), "request_id", "")
        record.request_id = current_request_id() or answered or "-"
        return True
