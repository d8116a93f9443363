"""All that the status page shows, part by part: one that can't be read leaves the others."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.admin.status import jobs, server
from qc.audit.seals import archived_rows, verification_runs
from qc.monitoring import readings
from qc.web import metrics

T = TypeVar("T")
# Sealing runs every minute.
SEALS_LATE_SECONDS = 600


class Part(NamedTuple):
    """A part of the page; or why it can't be read."""

    shown: Any
    error: str = ""


class Floor(NamedTuple):
    """How many people do what, and how much waits."""

    people: dict[str, int]
    queues: list[readings.QueueFigures]
    imports: int


class Trail(NamedTuple):
    """How far the audit trail is sealed, verified and archived."""

    verified: verification_runs.VerificationState
    behind: float
    archive: Any
    archives: bool


class StatusState:
    """The state of QC Desk at one moment."""

    @cached_property
    def server(self) -> Part:
        """What it runs on."""
        return _read(server.server)

    @cached_property
    def jobs(self) -> Part:
        """The background jobs."""
        return _read(lambda: jobs.rows(timezone.now()))

    @cached_property
    def floor(self) -> Part:
        """People, queues and imports."""
        return _read(
            lambda: Floor(readings.people(), readings.queues(), readings.imports_running())
        )

    @cached_property
    def trail(self) -> Part:
        """Seals, verification and archives."""
        return _read(
            lambda: Trail(
                verification_runs.state(),
                readings.seals_behind().total_seconds(),
                archived_rows.newest(),
                bool(settings.QC_ARCHIVE_DIR),
            )
        )

    @cached_property
    def lost_races(self) -> Part:
        """How many races for locks the processes of this machine have lost."""
        return _read(metrics.lost_races)

    @cached_property
    def unsafe(self) -> list[str]:
        """Settings that are not safe in production, in words."""
        return list(server.unsafe_settings())

    @cached_property
    def troubles(self) -> list[str]:
        """All that somebody should do something about, in words."""
        parts = (self.server, self.jobs, self.floor, self.trail)
        return [
            *(_("A part of this page can't be read: %s") % one.error for one in parts if one.error),
            *(_of_server(self.server.shown) if self.server.shown else ()),
            *(_of_jobs(self.jobs.shown or ())),
            *(_of_trail(self.trail.shown) if self.trail.shown else ()),
        ]


def _read(read: Callable[[], Any]) -> Part:
    try:
        return Part(read())
    except Exception as error:
        return Part(None, f"{type(error).__name__}: {error}")


def _of_server(found: server.Server) -> Iterator[str]:
    if found.migrations:
        yield _("The database is not up to date: run manage.py migrate.")
    if found.broker:
        yield _("The broker does not answer. Scheduler and jobs wait for it.")


def _of_jobs(rows: Any) -> Iterator[str]:
    for row in rows:
        run = row.run
        if row.is_overdue and row.name == "sweep":
            yield _("The scheduler does not run. Check that beat and the workers are running.")
        elif row.is_overdue:
            yield _("%s has not run as often as it should.") % row.title
        if run and run.error:
            yield _("%(job)s was cut short: %(error)s") % {"job": row.title, "error": run.error}
        if run and (n := len(run.failures)):
            text = ngettext(
                "%(job)s could not do %(n)d thing. It is named below; all else went on.",
                "%(job)s could not do %(n)d things. They are named below; all else went on.",
                n,
            )
            yield text % {"job": row.title, "n": n}
        if row.name == "prove" and run and (n := run.counts.get("differ", 0)):
            text = ngettext(
                "%d object is not as its history says: manage.py check_invariants names it.",
                "%d objects are not as their history says: manage.py check_invariants names them.",
                n,
            )
            yield text % n


def _of_trail(found: Trail) -> Iterator[str]:
    if found.verified.alarm:
        yield _("The audit trail was changed after it was sealed. %s.") % found.verified.violation
    if found.behind > SEALS_LATE_SECONDS:
        yield _("The audit trail is not sealed any more. Check that a worker is running.")
