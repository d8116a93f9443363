"""The queues on *Floor*: a row for each, with what waits, what is done, and until when."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import cached_property
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from qc.admin.floor.reads import Reads
from qc.admin.shared import available_actions, labels
from qc.admin.shared.etags import version
from qc.models import Priority, Queue
from qc.work.backlog import QueueBacklog
from qc.work.explanations import MOST_COUNTED

# A pace is told from so much work on.
LEAST_DONE = 2


@dataclass
class Row:
    """A queue as it stands now."""

    queue: Queue
    standing: QueueBacklog
    oldest: datetime | None
    in_work: int
    late_in_work: int
    there: int
    done: int
    first_done: datetime | None
    now: datetime
    is_known: bool = False

    @property
    def waiting(self) -> str:
        """How many tasks wait; no further counted than `MOST_COUNTED`."""
        return at_least(self.standing.waiting, self.is_more)

    @property
    def is_more(self) -> bool:
        """Whether more wait than were counted."""
        return self.standing.waiting >= MOST_COUNTED

    @property
    def late(self) -> str:
        """How many tasks are past due, waiting or in work."""
        return at_least(self.n_late, self.is_more_late)

    @property
    def n_late(self) -> int:
        """How many late tasks were counted."""
        return self.standing.late + self.late_in_work

    @property
    def is_more_late(self) -> bool:
        """Whether more may be late than were counted: some priority was not counted to its end."""
        return self.standing.late >= MOST_COUNTED // len(Priority)

    @property
    def age(self) -> str:
        """How long the oldest of what waits has been there; "" where nothing waits."""
        if self.oldest is None:
            return ""
        age = labels.age(self.oldest)
        return _("%s or longer") % age if self.is_more else age

    @property
    def empty_in(self) -> str:
        """How long until nothing waits, if today's pace goes on and nothing comes."""
        if not self.standing.waiting:
            return ""
        if self.queue.is_paused:
            return _("not while paused")
        if self.done < LEAST_DONE or self.first_done is None:
            return _("not enough data yet")
        each = (self.now - self.first_done) / self.done
        words = timesince(self.now, self.now + max(each * self.standing.waiting, _MINUTE), depth=1)
        return _("%s or longer") % words if self.is_more else words

    @property
    def offers(self) -> set[str]:
        """The actions that make sense now."""
        return available_actions.of_queue(self.queue)

    @cached_property
    def key(self) -> str:
        """Name this row and all that is to be read in it."""
        queue = (self.queue.name, self.queue.is_paused, self.queue.open_to_all, self.there)
        counts = (self.waiting, self.age, self.in_work, self.done, self.late, self.empty_in)
        return f"q{self.queue.pk}.{version(queue, counts)}"


_MINUTE = timedelta(minutes=1)


def rows(reads: Reads) -> list[Row]:
    """Return the queues' rows, by name."""
    oldest = reads.oldest()
    held = [task for tasks in reads.held.values() for task in tasks]
    in_work = Counter(task.queue_id for task in held)
    late = Counter(task.queue_id for task in held if task.due_at < reads.now)
    there = Counter(queue for queues in reads.roster.on.values() for queue in queues)
    return [
        Row(
            queue=queue,
            standing=reads.standing[pk],
            oldest=oldest.get(pk),
            in_work=in_work[pk],
            late_in_work=late[pk],
            there=there[pk],
            done=reads.done.get(pk, (0, None))[0],
            first_done=reads.done.get(pk, (0, None))[1],
            now=reads.now,
        )
        for pk, queue in reads.queues.items()
    ]


def at_least(n: int, is_more: bool) -> str:
    """Return a count, with a plus where counting ended early."""
    return f"{n}+" if is_more else str(n)
