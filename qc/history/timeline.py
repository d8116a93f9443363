"""The life of a task since it arrived, and the day of a person, as spans of time.

A span lasts from one history row to the next that changes what is shown here.
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

# Of an object with more rows only the latest are shown.
MOST_ROWS = 200

# The kind and the text of the span that a row begins.
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
        """Its length, at least one second so that it can be seen."""
        return max(int((self.ended - self.begun).total_seconds()), 1)

    @property
    def lasted(self) -> str:
        """Its length in words."""
        return time_between(self.begun, self.ended)


@dataclass(frozen=True)
class Timeline:
    """Spans one after the other, and the total time of some kinds of them in words."""

    spans: list[TimelineSpan]

    def total(self, *kinds: str) -> str:
        """Return the total time of the spans of these kinds, in words."""
        times = [span.ended - span.begun for span in self.spans if span.kind in kinds]
        now = timezone.now()
        return time_between(now - sum(times, timedelta()), now)

    @property
    def waiting(self) -> str:
        """The time that a task waited: in its queue, or assigned and not started."""
        return self.total("waiting", "given")

    @property
    def working(self) -> str:
        """The time that somebody worked on a task."""
        return self.total("working")


def of_task(task: Task) -> Timeline:
    """Return a task's life, from its arrival to its end, or to now."""
    rows = task.history.select_related("assignee").order_by("-history_id")[:MOST_ROWS]
    return Timeline(_spans(reversed(rows), _state_of_task, timezone.now()))


def of_today(person: User) -> Timeline:
    """Return a person's day so far, from local midnight."""
    now = timezone.now()
    midnight = beginning(timezone.localdate(now))
    rows = person.history.order_by("-history_id")
    today = list(rows.filter(history_date__gte=midnight)[:MOST_ROWS])
    before = rows.filter(history_date__lt=midnight).first()
    if before is not None:
        before.history_date = midnight
        today.append(before)
    return Timeline(_spans(reversed(today), _state_of_person, now))


def _spans(
    rows: Iterable[Any], state: Callable[[Any], State], until: datetime
) -> list[TimelineSpan]:
    """Return the spans between rows; the rows come oldest first."""
    moments: list[tuple[datetime, State]] = []
    for row in rows:
        if not moments or state(row) != moments[-1][1]:
            moments.append((row.history_date, state(row)))
    ends = [*moments, (until, ("", ""))]
    spans = [
        TimelineSpan(kind, words, begun, ended)
        for (begun, (kind, words)), (ended, _) in pairwise(ends)
    ]
    # The last state never ends: the timeline stops where it begins.
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
