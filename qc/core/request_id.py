"""The id of the request, job or import at work: kept in history rows and log lines."""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64
WELL_FORMED = re.compile(rf"\A[A-Za-z0-9._-]{{1,{LONGEST}}}\Z")

_request_id: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def request_id(name: str) -> Iterator[None]:
    """Set the request id of all that is done inside."""
    token = _request_id.set(name)
    try:
        yield
    finally:
        _request_id.reset(token)


def current_request_id() -> str:
    """Return the present request id, or ""."""
    return _request_id.get()


def accept_or_create(received: str) -> str:
    """Return the id received from a proxy or client if it is well-formed, else a new one."""
    return received if WELL_FORMED.fullmatch(received) else uuid.uuid4().hex


class RequestFilter(logging.Filter):
    """Adds `request_id` to each log record, for the format of log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; return True, so that nothing is filtered out."""
        # Django logs a response after the middleware has ended; its record has the request.
        of_request = getattr(getattr(record, "request", None), "request_id", "")
        record.request_id = current_request_id() or of_request or "-"
        return True
