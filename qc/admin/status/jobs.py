"""The background jobs and what they could not do, as the status page shows them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qc.core.wording import short_duration
from qc.models import JobRun
from qc.monitoring import job_runs

A_DAY = timedelta(hours=26)
# Each job in words, and how old its last run may be; None for one that has no clock.
JOBS: dict[str, tuple[str | Promise, timedelta | None]] = {
    "sweep": (_("Scheduler"), None),
    "seal": (_("Sealing the audit trail"), timedelta(minutes=10)),
    "fill_search": (_("Filling in the search"), timedelta(minutes=10)),
    "alert": (_("Alerts"), timedelta(minutes=10)),
    "webhooks": (_("Events for webhooks"), None),
    "webhook": (_("Webhooks"), None),
    "tidy": (_("Tidying up"), timedelta(hours=2)),
    "prove": (_("Comparing all with its history"), A_DAY),
    "verify": (_("Verifying the seals"), A_DAY),
    "verify on demand": (_("Verifications that somebody asked for"), None),
    "archive": (_("Archiving"), None),
    "import": (_("Large imports"), None),
}
STEPS: dict[str, str | Promise] = {
    "update_incidents": _("could not be checked"),
    "_assign": _("could not be assigned to %(person)s"),
    "_return_if_barred": _("could not be signed out after losing a role"),
    "_room": _("has no valid capacity"),
    "_move_rest": _("has tasks that could not be moved"),
    "raise_tasks": _("could not be raised in priority"),
    "reading": _("can't be read"),
    "return_if_not_started": _("could not be returned to its queue"),
    "return_if_silent": _("could not be returned to its queue"),
    "searching": _("can't be searched"),
    "sign_out_if_unseen": _("could not be signed out"),
}
PAGES = {"qc.task", "qc.user", "qc.queue"}


@dataclass
class Failure:
    """Something that a job could not do: by name, in words, why and when."""

    name: str
    words: str
    error: str
    at: datetime | None
    link: str


@dataclass
class JobRow:
    """A background job and its last run, if there was one."""

    name: str
    title: str | Promise
    run: JobRun | None
    is_overdue: bool = False

    @property
    def took(self) -> str:
        """How long the last run took, in words."""
        if self.run is None or self.run.seconds is None:
            return ""
        seconds = self.run.seconds
        # With more digits it would differ each time that somebody looks.
        return gettext("under 1 s") if seconds < 1 else short_duration(timedelta(seconds=seconds))

    @property
    def failures(self) -> list[Failure]:
        """What it could not do, by name."""
        return [_failure(one) for one in self.run.failures] if self.run else []

    @property
    def has_failed(self) -> bool:
        """Whether its last run was cut short, or left something undone."""
        return self.run is not None and bool(self.run.error or self.run.failures)


def rows(now: datetime) -> list[JobRow]:
    """Return all jobs, those that never ran included."""
    runs = JobRun.objects.in_bulk()
    return [
        JobRow(name, title, run := runs.get(name), _is_overdue(name, run, now, most))
        for name, (title, most) in JOBS.items()
    ]


def _is_overdue(name: str, run: JobRun | None, now: datetime, most: timedelta | None) -> bool:
    age = run.age(now) if run else None
    if name == "sweep":
        return age is None or age > job_runs.late_after()
    return age is not None and most is not None and age > most.total_seconds()


def _failure(stored: dict[str, Any]) -> Failure:
    model, pk = stored["model"], stored["pk"]
    link = reverse(f"admin:{model.replace('.', '_')}_change", args=[pk]) if model in PAGES else ""
    words = str(STEPS.get(stored["step"], stored["step"])) % {"person": stored["person"]}
    return Failure(stored["name"], words, stored["error"], parse_datetime(stored["at"]), link)
