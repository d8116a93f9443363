"""Whether QC Desk can work: the database, its migrations, the broker, and the last sweep.

Each check returns why not, in words without addresses or secrets; "" when all is well.
"""

import time
from collections.abc import Callable

from celery import current_app
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from qc.core.exceptions import QCError
from qc.models import JobRun
from qc.monitoring import job_runs

# The broker has so many seconds to answer.
BROKER_SECONDS = 2
# Migrations that were all applied are looked at again after so many seconds.
MIGRATIONS_SECONDS = 60

NO_ANSWER = "no answer"


class Migrations:
    """Says which migrations are missing: reading the files of all takes a tenth of a second."""

    def __init__(self) -> None:
        self.well_until = 0.0

    def check(self) -> str:
        """Return how many are missing, in words."""
        if time.monotonic() < self.well_until:
            return ""
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return f"{len(missing)} not applied"
        self.well_until = time.monotonic() + MIGRATIONS_SECONDS
        return ""


def database() -> str:
    """Ask the database for one number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def broker() -> str:
    """Connect to the broker, as a job is sent."""
    with current_app.connection_for_write() as broker:
        # A transport that is made of files has no such limit.
        limits = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
        broker.transport_options = {**(broker.transport_options or {}), **limits}
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
        broker.default_channel  # noqa: B018 - it is opened only when asked for
    return ""


def sweep() -> str:
    """Look whether the last sweep that went well was lately."""
    run = JobRun.objects.filter(name="sweep").first()
    age = run.age(timezone.now()) if run else None
    if age is None:
        return "no sweep has ended yet"
    return f"the last one ended {age:.0f} s ago" if age > job_runs.late_after() else ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "migrations": Migrations().check,
    "broker": broker,
    "sweep": sweep,
}
OF_DATABASE = {"migrations", "sweep"}


def all_checks() -> dict[str, str]:
    """Run all checks; return the result of each. Without a database its others are not tried."""
    found: dict[str, str] = {}
    for name, check in CHECKS.items():
        is_useless = name in OF_DATABASE and bool(found["database"])
        found[name] = "no database" if is_useless else run(check)
    return found


def run(check: Callable[[], str]) -> str:
    """Return the result of a check; of an error only its type, as it may name an address."""
    try:
        return check()
    except (Error, QCError):
        return NO_ANSWER
    except Exception as error:
        return f"{NO_ANSWER} ({type(error).__name__})"
