"""How the floor stands, in figures: for the status page and for Prometheus.

Each is one statement or a few, and none reads more than `MOST_COUNTED` tasks of a queue, however
many wait. Only the columns that are counted are read: a broken row elsewhere does no harm.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, QuerySet, Value, When
from django.utils import timezone

from qc.audit.seals import sealing
from qc.core.compiled_queries import Prepared
from qc.models import Import, Queue, Task, User
from qc.models.imports import RUNNING
from qc.work import backlog

# As many waiting tasks are counted in each queue, in the index alone.
MOST_COUNTED = 10_000
STATES = ("free", "busy", "on_break")


class QueueFigures(NamedTuple):
    """A queue that is not closed: how much waits in it, and for how long the oldest has."""

    pk: int
    name: str
    is_paused: bool
    waiting: int
    oldest: timedelta | None

    @property
    def is_more(self) -> bool:
        """Whether more may be waiting, as counting ended."""
        return self.waiting >= MOST_COUNTED


def people() -> dict[str, int]:
    """Return how many people who do QC are free, busy and on a break."""
    return dict.fromkeys(STATES, 0) | dict(_PEOPLE.items())


def _people() -> QuerySet[User, Any]:
    state = Case(
        When(break_reason__gt="", then=Value("on_break")),
        When(open_tasks__lt=F("capacity"), then=Value("free")),
        default=Value("busy"),
    )
    there = User.objects.doing_qc().signed_in().with_open_tasks().order_by()
    counted = there.annotate(state=state).values("state").annotate(n=Count("pk"))
    return counted.values_list("state", "n")


_PEOPLE = Prepared(_people)


def queues() -> list[QueueFigures]:
    """Return the figures of all queues that are not closed, by name."""
    now = timezone.now()
    names = Queue.objects.open().order_by("name").values_list("pk", "name", "is_paused")
    known = {pk: (name, is_paused) for pk, name, is_paused in names}
    measured = backlog.depths(known, MOST_COUNTED)
    oldest = [one.oldest for one in measured.values() if one.oldest]
    arrived = dict(Task.objects.filter(pk__in=oldest).values_list("pk", "created_at"))
    return [
        QueueFigures(
            *(pk, *known[pk], one.waiting),
            oldest=now - moment if (moment := arrived.get(one.oldest or 0)) else None,
        )
        for pk, one in ((pk, measured[pk]) for pk in known)
    ]


def imports_running() -> int:
    """Return how many imports are being checked, written or undone, or wait for a worker."""
    return Import.objects.filter(state__in=RUNNING).count()


def seals_behind() -> timedelta:
    """Return for how long the oldest row of history that has no seal has waited for one."""
    since = sealing.waiting_since()
    return max(timezone.now() - since, timedelta(0)) if since else timedelta(0)
