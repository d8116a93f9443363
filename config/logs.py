"""How all processes log: to standard error, each line as text or as JSON."""

from typing import Any

from config import environment

FORMATS = ("line", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# They log every sweep, start or step, whether it did anything or not.
CHATTY = ("axes", "celery.app.trace", "celery.beat", "celery.worker.strategy", "fontTools")
# A line for each request, and each run of a job: for programs that read logs.
FOR_PROGRAMS = ("qc.requests", "qc.jobs")


def log_format() -> str:
    """Read in which format to log."""
    return environment.one_of("QC_LOG_FORMAT", default="line", allowed=FORMATS)


def logging_settings() -> dict[str, Any]:
    """Return the settings of Python's logging."""
    quiet = CHATTY if log_format() == "json" else (*CHATTY, *FOR_PROGRAMS)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request": {"()": "qc.core.request_id.RequestFilter"},
            "short": {"()": "qc.web.errors.WithoutTraceback"},
            "no probes": {"()": "qc.web.errors.WithoutProbes"},
            "refusals": {"()": "qc.web.errors.RefusalsInOneLine"},
        },
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s"},
            "json": {"()": "qc.core.log_lines.JsonFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": log_format(),
                "filters": ["request", "short", "refusals"],
            }
        },
        "root": {
            "handlers": ["stderr"],
            "level": environment.one_of("LOG_LEVEL", default="INFO", allowed=LEVELS),
        },
        "loggers": {name: {"level": "WARNING"} for name in quiet}
        # It warns when a stopping worker returns a job to the broker, as it should.
        | {"kombu.transport.virtual.base": {"level": "ERROR"}}
        # By the logger, as Sentry does not ask handlers.
        | {"django.request": {"filters": ["no probes"]}}
        # Else it writes to standard error by itself.
        | {"py.warnings": {"level": "WARNING"}},
    }
