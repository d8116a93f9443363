"""What *Floor* is made of, read in a few statements: as many for ten people as for thousands.

Of the tasks it reads those in somebody's hands, never more than people can hold; what waits is
counted in the index and only so far (`qc.work.backlog.measure`); finished tasks are counted anew
from the last minute on.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.functional import cached_property

from qc.core.local_days import beginning
from qc.models import ChangeKind, Queue, Roster, Status, Task, User
from qc.work import backlog
from qc.work.explanations import MOST_COUNTED

PERSON = ("username", "first_name", "last_name", "is_active", "is_logged_in", "break_reason")
TASK = ("reference", "name", "status", "priority", "due_at", "assigned_at", "started_at")
# For so long the count of what has been done today is kept; what came after is counted on top.
KEPT = timedelta(minutes=1)

Done = dict[int, tuple[int, datetime]]


class Reads:
    """One look at the floor."""

    def __init__(self) -> None:
        self.now = timezone.now()
        # The tasks before the queues: the queue of each will then be among them.
        tasks = list(Task.objects.filter(status=Status.ASSIGNED).only(*TASK, "assignee", "queue"))
        self.queues = {queue.pk: queue for queue in Queue.objects.all()}
        self.held = self._held(tasks)
        self.roster = Roster(user__is_logged_in=True, user__is_active=True)
        self.standing = backlog.measure(self.queues, MOST_COUNTED, self.now)
        self.people = self._people()
        self.done = done_today(self.now)

    def _held(self, tasks: list[Task]) -> dict[int, list[Task]]:
        """Return for each person the tasks in their hands, most urgent first."""
        held: dict[int, list[Task]] = defaultdict(list)
        for task in sorted(tasks, key=lambda task: (task.priority, task.due_at, task.pk)):
            task.queue = self.queues[task.queue_id]
            held[task.assignee_id or 0].append(task)
        return held

    def _people(self) -> list[User]:
        """Return who is there and does QC, with how many tasks each holds."""
        there = User.objects.there().only(*PERSON, "idle_since", "capacity")
        does_qc = self.roster.staff.union(self.roster.on, self.held)
        people = [person for person in there if person.pk in does_qc]
        for person in people:
            person.open_tasks = len(self.held.get(person.pk, ()))
        return people

    def oldest(self) -> dict[int, datetime]:
        """Return for each queue when the oldest of what waits in it arrived."""
        ids = {standing.oldest: queue for queue, standing in self.standing.items()}
        arrived = Task.objects.filter(pk__in=[pk for pk in ids if pk])
        return {ids[pk]: moment for pk, moment in arrived.values_list("pk", "created_at")}

    def waits_for(self, person: User) -> bool:
        """Return whether anything waits in a queue from which this person gets tasks."""
        return bool(self._offers.get(person.pk))

    @cached_property
    def _offers(self) -> dict[int, set[int]]:
        """For each person the running queues that they serve and in which something waits."""
        running = (queue for queue in self.queues.values() if not queue.is_paused)
        return self.roster.serving([one for one in running if self.standing[one.pk].waiting])


def on_break_since(people: Collection[User]) -> dict[int, datetime]:
    """Return for each of these people when they went on break: one step back in their history."""
    rows = User.history.filter(id=OuterRef("pk"), kind=ChangeKind.BREAK_BEGUN)
    last = rows.order_by("-history_id").values("history_date")[:1]
    asked = User.objects.filter(pk__in=[person.pk for person in people])
    return dict(asked.annotate(since=Subquery(last)).values_list("pk", "since"))


def gone() -> Any:
    """Return who does QC and is not there, last seen first."""
    away: Any = User.objects.doing_qc().filter(is_logged_in=False)
    return away.order_by("-last_seen_at", "pk")


def midnight(now: datetime) -> datetime:
    """Return when today began, where we are."""
    return beginning(timezone.localdate(now))


def done_today(now: datetime) -> Done:
    """Return for each queue how many of its tasks were completed today, and when the first was.

    A busy day is not counted anew at each look: only what was completed since the count that is
    kept. A task reopened meanwhile is counted until that count is a minute old.
    """
    today = midnight(now)
    key = f"qc-done-{today.timestamp()}"
    kept: tuple[datetime, Done] | None = cache.get(key)
    if kept is None or kept[0] > now:
        kept = (now, _done(today, now))
        cache.set(key, kept, KEPT.total_seconds())
    until, done = kept
    sum_up = dict(done)
    for queue, (n, first) in _done(until, now + KEPT).items():
        before, earlier = done.get(queue, (0, first))
        sum_up[queue] = (before + n, earlier)
    return sum_up


def _done(start: datetime, end: datetime) -> Done:
    span = Task.objects.filter(completed_at__gte=start, completed_at__lt=end)
    counted = span.order_by().values("queue").annotate(n=Count("pk"), first=Min("completed_at"))
    return {queue: (n, first) for queue, n, first in counted.values_list("queue", "n", "first")}
