"""The data of *Floor*, read in a number of statements that does not grow with the floor.

Only assigned tasks are read, never more than people can hold; waiting tasks are counted in the
index and no further than `MOST_COUNTED`; counts of completed tasks are cached for a minute; newer
ones are added.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.functional import cached_property

from qc.core.local_days import beginning
from qc.models import ORDER_OF_WORK, ChangeKind, HandBack, Queue, Roster, Status, Task, User
from qc.work import backlog, handover
from qc.work.explanations import MOST_COUNTED

PERSON_FIELDS = (
    "is_machine",
    "username",
    "first_name",
    "last_name",
    "is_active",
    "is_logged_in",
    "break_reason",
    "last_seen_at",
)
TASK_FIELDS = (
    *("reference", "name", "status", "assigned_at", "shown_at", "started_at"),
    *ORDER_OF_WORK,
)
# The most tasks that everybody gave back that are shown.
MOST_GIVEN_BACK = 20
# How long a count of today's completed tasks is cached; newer ones are added to it.
KEPT = timedelta(minutes=1)

# By queue id: how many tasks were completed, and when the first one was.
Completed = dict[int, tuple[int, datetime]]


class FloorData:
    """Everything on the floor at one moment."""

    def __init__(self) -> None:
        self.now = timezone.now()
        # Read before the queues, so that the queue of each task is among them.
        tasks = self._tasks()
        queues = Queue.objects.annotate(last_note=handover.LAST_DAY)
        self.queues = {queue.pk: queue for queue in queues}
        self.held = self._held([task for task in tasks if task.status == Status.ASSIGNED])
        self.lines = self._lines([task for task in tasks if task.next_for_id])
        self.roster = Roster(user__is_logged_in=True, user__is_active=True)
        self.backlogs = backlog.measure(self.queues, MOST_COUNTED, self.now)
        self.people = self._people()
        self.completed = completed_today(self.now)

    @staticmethod
    def _tasks() -> list[Task]:
        """Return all tasks that somebody has, or has in line: each found by an index of its own."""
        columns = (*TASK_FIELDS, "assignee", "queue", "next_for", "next_at")
        assigned = Task.objects.filter(status=Status.ASSIGNED).only(*columns)
        lined = Task.objects.filter(next_for__isnull=False).only(*columns)
        return list(assigned.union(lined, all=True))

    def _lines(self, tasks: list[Task]) -> dict[int, list[Task]]:
        """Return what is in each person's line, the next one first."""
        lines: dict[int, list[Task]] = defaultdict(list)
        for task in sorted(tasks, key=attrgetter("next_at"), reverse=True):
            task.queue = self.queues[task.queue_id]
            lines[task.next_for_id or 0].append(task)
        return lines

    def _held(self, tasks: list[Task]) -> dict[int, list[Task]]:
        """Return each person's tasks, most urgent first."""
        held: dict[int, list[Task]] = defaultdict(list)
        for task in sorted(tasks, key=attrgetter(*ORDER_OF_WORK)):
            task.queue = self.queues[task.queue_id]
            held[task.assignee_id or 0].append(task)
        return held

    def _people(self) -> list[User]:
        """Return the people who do QC and are signed in or hold tasks, with how many."""
        columns = (*PERSON_FIELDS, "idle_since", "capacity")
        there = list(User.objects.signed_in().only(*columns))
        if away := set(self.held) - {person.pk for person in there}:
            there += User.objects.filter(pk__in=away).only(*columns)
        # As `PersonQuerySet.doing_qc`, from what was read already.
        does_qc = self.roster.staff.union(self.roster.on, self.held)
        people = [person for person in there if person.pk in does_qc]
        for person in people:
            tasks = self.held.get(person.pk, [])
            person.open_tasks = len(tasks)
            for task in tasks:
                task.assignee = person
        return people

    def oldest(self) -> dict[int, datetime]:
        """Return for each queue when its oldest waiting task arrived."""
        ids = {backlog.oldest: queue for queue, backlog in self.backlogs.items()}
        arrived = Task.objects.filter(pk__in=[pk for pk in ids if pk])
        return {ids[pk]: moment for pk, moment in arrived.values_list("pk", "created_at")}

    def waits_for(self, person: User) -> bool:
        """Return whether a task waits in a queue from which this person gets tasks."""
        return bool(self._offers.get(person.pk))

    @cached_property
    def _offers(self) -> dict[int, set[int]]:
        """For each person the running queues that they serve and in which something waits."""
        queues = self.queues.values()
        running = (queue for queue in queues if not (queue.is_paused or queue.is_closed))
        # What is in a line waits for its person alone.
        lined = Counter(task.queue_id for tasks in self.lines.values() for task in tasks)
        waits = (one for one in running if self.backlogs[one.pk].waiting > lined[one.pk])
        return self.roster.serving(list(waits))


def given_back_by_all() -> list[Task]:
    """Return waiting tasks that everybody who serves their queue gave back, most urgent first."""
    given_back = Task.objects.waiting().filter(released_by__isnull=False)
    tasks = list(
        given_back.select_related("queue").defer("draft", "instructions")[:MOST_GIVEN_BACK]
    )
    if not tasks:
        return []
    givers: dict[int, set[int]] = defaultdict(set)
    for task, person in HandBack.objects.filter(task__in=tasks).values_list("task", "person"):
        givers[task].add(person)
    most = max(map(len, givers.values()), default=0)
    serving = {queue: _some_who_serve(queue, most + 1) for queue in {one.queue_id for one in tasks}}
    return [task for task in tasks if set() < serving[task.queue_id] <= givers[task.pk]]


def _some_who_serve(queue: int, most: int) -> set[int]:
    """Return the ids of people who serve a queue, at most so many."""
    people = User.objects.serving([queue]).order_by()
    return set(people.values_list("pk", flat=True)[:most])


def on_break_since(people: Collection[User]) -> dict[int, datetime]:
    """Return for each of these people when their last break began."""
    rows = User.history.filter(id=OuterRef("pk"), kind=ChangeKind.BREAK_BEGUN)
    last = rows.order_by("-history_id").values("history_date")[:1]
    on_break = User.objects.filter(pk__in=[person.pk for person in people])
    return dict(on_break.annotate(since=Subquery(last)).values_list("pk", "since"))


def signed_out() -> Any:
    """Return the people who do QC and are signed out, last seen first."""
    away: Any = User.objects.doing_qc().filter(is_logged_in=False)
    return away.order_by("-last_seen_at", "pk")


def completed_today(now: datetime) -> Completed:
    """Return for each queue how many tasks were completed today, and when the first was.

    The count is cached for a minute; newer ones are added. A task reopened meanwhile is counted
    until the cache expires.
    """
    midnight = beginning(timezone.localdate(now))
    key = f"qc-done-{midnight.timestamp()}"
    kept: tuple[datetime, Completed] | None = cache.get(key)
    if kept is None or kept[0] > now:
        kept = (now, _completed(midnight, now))
        cache.set(key, kept, KEPT.total_seconds())
    until, counts = kept[0], dict(kept[1])
    for queue, (n, first) in _completed(until, now + KEPT).items():
        before, earlier = counts.get(queue, (0, first))
        counts[queue] = (before + n, earlier)
    return counts


def _completed(start: datetime, end: datetime) -> Completed:
    span = Task.objects.filter(completed_at__gte=start, completed_at__lt=end)
    counted = span.order_by().values("queue").annotate(n=Count("pk"), first=Min("completed_at"))
    return {queue: (n, first) for queue, n, first in counted.values_list("queue", "n", "first")}
