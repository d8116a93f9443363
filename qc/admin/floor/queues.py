"""The queues on *Floor*: a row for each, with waiting, late and completed tasks."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from qc.admin.floor.reads import FloorData
from qc.admin.shared import available_actions, labels
from qc.admin.shared.etags import version
from qc.models import Queue
from qc.work.backlog import QueueBacklog
from qc.work.explanations import MOST_COUNTED

# The fewest completed tasks that a pace is computed from.
LEAST_DONE = 2
A_MINUTE = timedelta(minutes=1)


@dataclass
class QueueRow:
    """A queue as it is now; `is_known` if the page already has this very row."""

    queue: Queue
    backlog: QueueBacklog
    oldest: datetime | None
    in_work: int
    late_in_work: int
    there: int
    done: int
    first_done: datetime | None
    now: datetime
    is_known: bool = False

    @cached_property
    def waiting(self) -> str:
        """How many tasks wait, counted up to `MOST_COUNTED`."""
        return at_least(self.backlog.waiting, self.is_more)

    @property
    def is_more(self) -> bool:
        """Whether more wait than were counted."""
        return self.backlog.waiting >= MOST_COUNTED

    @property
    def late(self) -> str:
        """How many tasks are past due, waiting or in work."""
        return at_least(self.n_late, self.is_more_late)

    @cached_property
    def n_late(self) -> int:
        """How many late tasks were counted."""
        return self.backlog.late + self.late_in_work

    @property
    def is_more_late(self) -> bool:
        """Whether more may be late than were counted: each priority is counted up to a limit."""
        return self.backlog.is_more_late

    @cached_property
    def age(self) -> str:
        """How long ago the oldest waiting task arrived; "" where none waits."""
        if self.oldest is None:
            return ""
        age = labels.age(self.oldest)
        return SafeString(escape(_("%s or longer")) % age) if self.is_more else age

    @cached_property
    def clears_in(self) -> str:
        """How long until no task waits, at today's pace and if none arrives."""
        if not self.backlog.waiting:
            return ""
        if self.queue.is_closed:
            return ""
        if self.queue.is_paused:
            return _("not while paused")
        if self.done < LEAST_DONE or self.first_done is None:
            return _("not enough data yet")
        each = (self.now - self.first_done) / self.done
        end = self.now + max(each * self.backlog.waiting, A_MINUTE)
        text = timesince(self.now, end, depth=1)
        return _("%s or longer") % text if self.is_more else text

    @property
    def has_note(self) -> bool:
        """Whether somebody has left a handover note today."""
        last: date | None = getattr(self.queue, "last_note", None)
        return last is not None and last >= timezone.localdate(self.now)

    @property
    def offers(self) -> set[str]:
        """The names of the actions that make sense now."""
        return available_actions.of_queue(self.queue)

    @cached_property
    def key(self) -> str:
        """The queue's id and a version, which changes with anything shown in the row."""
        states = (self.queue.is_paused, self.queue.is_closed, self.queue.open_to_all)
        queue = (self.queue.name, states, self.there, self.has_note)
        counts = (self.waiting, self.age, self.in_work, self.done, self.late, self.clears_in)
        return f"q{self.queue.pk}.{version(queue, counts)}"


def rows(data: FloorData) -> list[QueueRow]:
    """Return a row for each queue, by name; for a closed one while it has tasks to be done."""
    oldest = data.oldest()
    held = [task for tasks in data.held.values() for task in tasks]
    in_work = Counter(task.queue_id for task in held)
    late = Counter(task.queue_id for task in held if task.due_at < data.now)
    served = data.roster.serving(data.queues.values())
    there = Counter(queue for queues in served.values() for queue in queues)
    return [
        QueueRow(
            queue=queue,
            backlog=data.backlogs[pk],
            oldest=oldest.get(pk),
            in_work=in_work[pk],
            late_in_work=late[pk],
            there=there[pk],
            done=data.completed.get(pk, (0, None))[0],
            first_done=data.completed.get(pk, (0, None))[1],
            now=data.now,
        )
        for pk, queue in data.queues.items()
        if not queue.is_closed or data.backlogs[pk].waiting or in_work[pk]
    ]


def at_least(n: int, is_more: bool) -> str:
    """Return a count, with a plus where counting ended early."""
    return f"{n}+" if is_more else str(n)
