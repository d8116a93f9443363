"""Log lines as JSON, and what each line says besides its message.

It is read while logging is set up, before there is any model.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# All that a line may have besides time, level, logger, message and exception. Anything else that a
# library puts on a record stays out: there are requests among it, with their query strings.
FIELDS = (
    *("request_id", "person", "address", "job"),
    *("method", "path", "status", "duration"),
    *("failed", "result"),
)

_fields: ContextVar[dict[str, Any]] = ContextVar("log_fields", default={})  # noqa: B039 - not changed


@contextmanager
def log_fields(**fields: Any) -> Iterator[None]:
    """Add fields to each line that is logged inside."""
    token = _fields.set(_fields.get() | fields)
    try:
        yield
    finally:
        _fields.reset(token)


def current_fields() -> dict[str, Any]:
    """Return the fields that a line would have now."""
    return _fields.get()


class JsonFormatter(logging.Formatter):
    """Writes each record as one line of JSON, its exception included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        found = current_fields() | vars(record)
        line |= {name: found[name] for name in FIELDS if found.get(name) not in (None, "", "-")}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self._exception(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)

    def _exception(self, exc_info: Any) -> dict[str, str]:
        kind, error, _traceback = exc_info
        return {
            "type": f"{kind.__module__}.{kind.__qualname__}",
            "message": str(error),
            "traceback": self.formatException(exc_info),
        }
