"""Gunicorn's own log lines, in the format of all others: `gunicorn --logger-class`."""

from typing import Any

from gunicorn import glogging

from config.logs import log_format
from qc.core.log_lines import JsonFormatter


class Logger(glogging.Logger):
    """Logs as gunicorn does, or as JSON."""

    def setup(self, cfg: Any) -> None:
        """Set up gunicorn's loggers."""
        super().setup(cfg)
        if log_format() == "json":
            for handler in self.error_log.handlers:
                handler.setFormatter(JsonFormatter())
