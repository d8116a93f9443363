"""Background work: how its broker is reached, and which jobs run when."""

from pathlib import Path
from typing import Any

from celery.schedules import crontab

from config.beat import Every

# The process `sweeper` has these for itself: imports and nightly jobs, which may hold all threads
# of `worker` for an hour, hold up no sweep.
ROUTES = {
    "qc.tasks.sweep": {"queue": "qc_desk_sweeps"},
    # Short too: it only finds for which webhooks the worker has something to send.
    "qc.tasks.webhooks": {"queue": "qc_desk_sweeps"},
}


def broker_options(redis_url: str, master: str, embedded: Path) -> dict[str, object]:
    """Return the options of the broker in Redis; without an address, of that in a directory."""
    if redis_url:
        # A page that starts a job must not hang when the broker does not answer, and a line that
        # died in silence must be noticed: Kombu does so within twice the interval.
        return {
            "socket_connect_timeout": 5,
            "socket_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "master_name": master,
        }
    embedded.mkdir(exist_ok=True)
    return {
        "data_folder_in": str(embedded),
        "data_folder_out": str(embedded),
        "control_folder": str(embedded / "control"),
        "polling_interval": 0.2,
    }


def schedule(*, sweep_seconds: int, webhook_seconds: int) -> dict[str, dict[str, Any]]:
    """Return when beat asks for each job."""
    return {
        "sweep": {"task": "qc.tasks.sweep", "schedule": Every(sweep_seconds)},
        "seal": {"task": "qc.tasks.seal", "schedule": Every(60)},
        "fill_search": {"task": "qc.tasks.fill_search", "schedule": Every(60)},
        "alert": {"task": "qc.tasks.alert", "schedule": Every(60)},
        "webhooks": {"task": "qc.tasks.webhooks", "schedule": Every(webhook_seconds)},
        # By the clock, so that they run even if beat is restarted every day.
        "tidy": {"task": "qc.tasks.tidy", "schedule": crontab(minute="7")},
        "verify": {"task": "qc.tasks.verify", "schedule": crontab(hour="3", minute="11")},
        "archive": {"task": "qc.tasks.archive", "schedule": crontab(hour="4", minute="41")},
        "prove": {"task": "qc.tasks.prove", "schedule": crontab(hour="2", minute="23")},
    }
