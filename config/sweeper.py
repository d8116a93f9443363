"""The Celery application of the sweeper: `celery -A config.sweeper worker`."""

import os

# Before the settings are read: no statement of a sweep takes long, and a database behind a broken
# line must not hold up the next one.
os.environ.setdefault("QC_DATABASE_SECONDS", "30")

from config.celery import app

__all__ = ["app"]
