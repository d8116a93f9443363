"""What has become of a task since it came, and of a person since their day began, as stretches.

A stretch is the time from one history row to the next in which nothing that counts here changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qc.core.local_days import beginning
from qc.core.wording import time_between
from qc.models import Status, Task, User

# Of a task that went round and round, the last part of its life.
MOST_ROWS = 200

# What a row says of the time that follows it: its kind, and in words.
State = tuple[str, str]


@dataclass(frozen=True)
class TimelineSpan:
    """A span of time of one kind: "waiting", "given", "working", "held", "break", "over"."""

    kind: str
    words: str
    begun: datetime
    ended: datetime

    @property
    def seconds(self) -> int:
        """How long it was, at least a second: what has been is to be seen."""
        return max(int((self.ended - self.begun).total_seconds()), 1)

    @property
    def lasted(self) -> str:
        """How long it was, in words."""
        return time_between(self.begun, self.ended)


@dataclass(frozen=True)
class Life:
    """Stretches one after the other, and how long those of a kind were together."""

    stretches: list[TimelineSpan]

    def together(self, *kinds: str) -> str:
        """Say how long the stretches of these kinds were together."""
        spans = [one.ended - one.begun for one in self.stretches if one.kind in kinds]
        now = timezone.now()
        return time_between(now - sum(spans, timedelta()), now)

    @property
    def waiting(self) -> str:
        """Say how long it waited: in the pool, or in hands that had not begun."""
        return self.together("waiting", "given")

    @property
    def working(self) -> str:
        """Say how long somebody was at it."""
        return self.together("working")


def of_task(task: Task) -> Life:
    """Return a task's life, from its arrival to its end, or to now."""
    rows = task.history.select_related("assignee").order_by("-history_id")[:MOST_ROWS]
    return Life(_stretches(reversed(rows), _state_of_task, timezone.now()))


def of_today(person: User) -> Life:
    """Return a person's day so far: from midnight by the clock on the wall."""
    now = timezone.now()
    midnight = beginning(timezone.localdate(now))
    rows = person.history.order_by("-history_id")
    today = list(rows.filter(history_date__gte=midnight)[:MOST_ROWS])
    before = rows.filter(history_date__lt=midnight).first()
    if before is not None:
        before.history_date = midnight
    told = [*([before] if before else []), *reversed(today)]
    return Life(_stretches(told, _state_of_person, now))


def _stretches(
    rows: Iterable[Any], state: Callable[[Any], State], until: datetime
) -> list[TimelineSpan]:
    """Return the stretches between rows of which the first is the oldest."""
    moments: list[tuple[datetime, State]] = []
    for row in rows:
        if not moments or state(row) != moments[-1][1]:
            moments.append((row.history_date, state(row)))
    ends = [*moments, (until, ("", ""))]
    spans = [
        TimelineSpan(kind, words, begun, ended)
        for (begun, (kind, words)), (ended, _) in pairwise(ends)
    ]
    # What is over goes on for ever: the bar ends where it began.
    return spans[:-1] if spans and spans[-1].kind == "over" else spans


def _state_of_task(row: Any) -> State:
    if row.status == Status.ASSIGNED:
        if row.started_at:
            return "working", _("%s worked on it") % row.assignee
        return "given", _("assigned to %s, not started") % row.assignee
    if row.status in Task.FINISHED:
        return "over", str(Status(row.status).label)
    if row.status == Status.ON_HOLD:
        return "held", _("on hold")
    return "waiting", _("waiting")


def _state_of_person(row: Any) -> State:
    if not row.is_logged_in:
        return "over", _("signed out")
    if row.break_reason:
        return "break", _("on break: %s") % row.break_reason
    return "working", _("free or busy")
