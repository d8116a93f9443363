"""The floor, or one task, person or queue, at any moment of the past, from the history alone.

A few statements for any moment. They take some seeks of an index for each person of the history,
and read the rows of the people who were signed in then, and of the tasks they held.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min

from qc.history.registry import TABLES
from qc.history.snapshot import HistorySnapshot
from qc.models import ORDER_OF_WORK, ChangeKind, Queue, Records, Task

# The tables whose objects can be shown one at a time.
OBJECTS = ("task", "person", "queue")
# The kinds of change that begin a presence: at work or on break.
PRESENCE = (ChangeKind.SIGNED_IN, ChangeKind.BREAK_ENDED, ChangeKind.BREAK_BEGUN)
# The counts of waiting tasks are computed back from now. With more rows since, or more tasks
# waiting, that would be slow.
MOST_SINCE = MOST_WAITING = 50_000

# By person, the rows of the tasks they held.
Held = dict[int, list[Any]]


class Presence(NamedTuple):
    """A person who was there: their row, since when, and the rows of the tasks they held."""

    row: Any
    since: datetime | None
    held: list[Any]


class QueueAtMoment(NamedTuple):
    """A queue: its row, and how many of its tasks were in work, waiting and on hold.

    `waiting` and `on_hold` are None where counting them would take long.
    """

    row: Any
    in_work: int
    waiting: int | None
    on_hold: int | None


@dataclass(frozen=True)
class Floor:
    """The people who were there, and all queues, by name."""

    people: list[Presence]
    queues: list[QueueAtMoment]

    @property
    def on_break(self) -> int:
        """The number of people on break."""
        return sum(bool(person.row.break_reason) for person in self.people)

    @property
    def held(self) -> int:
        """The number of tasks that somebody held."""
        return sum(len(person.held) for person in self.people)

    @property
    def is_counted(self) -> bool:
        """Whether waiting tasks were counted."""
        return all(queue.waiting is not None for queue in self.queues)


@dataclass(frozen=True)
class ObjectAtMoment:
    """One object: its last row at the moment (None before its first), its first and newest row."""

    row: Any
    first: Any
    newest: Any

    @property
    def was_deleted(self) -> bool:
        """Whether it was deleted already."""
        return self.row is not None and self.row.history_type == "-"


def beginning() -> datetime | None:
    """Return the moment of the first of all rows, or None."""
    firsts = (TABLES[name].objects.aggregate(Min("history_date")) for name in OBJECTS)
    return min((date for first in firsts for date in first.values() if date), default=None)


def floor(moment: datetime) -> Floor:
    """Return the floor at a moment."""
    tasks = HistorySnapshot(TABLES["task"], moment)
    held = _held(tasks)
    return Floor(_people(HistorySnapshot(TABLES["person"], moment), held), _queues(tasks, held))


def of(table: str, pk: int, moment: datetime) -> ObjectAtMoment | None:
    """Return a task, a person or a queue at a moment; None if its id never existed."""
    if table not in OBJECTS:
        return None
    rows = TABLES[table].objects.filter(id=pk).order_by("history_id")
    newest = rows.last()
    if newest is None:
        return None
    return ObjectAtMoment(HistorySnapshot(TABLES[table], moment).row(pk), rows.first(), newest)


def held_by(person: int, moment: datetime) -> list[Any]:
    """Return the rows of the tasks that a person held at a moment, most urgent first."""
    return _held(HistorySnapshot(TABLES["task"], moment), assignee=person).get(person, [])


def queues_of(person: int, moment: datetime) -> list[str]:
    """Return the names of the queues that a person was on at a moment."""
    last = HistorySnapshot(TABLES["queue"], moment).last("id").values()
    members = Records.m2m_models[Queue.people.field].objects.filter(user=person)
    on = TABLES["queue"].objects.filter(
        pk__in=members.filter(history_id__in=last).values("history")
    )
    return list(on.exclude(history_type="-").order_by("name").values_list("name", flat=True))


def _people(snapshot: HistorySnapshot, held: Mapping[int, list[Any]]) -> list[Presence]:
    last: dict[int, int] = {}
    begun: dict[int, int] = {}
    for (pk, kind), row in snapshot.last("id", "kind").items():
        last[pk] = max(row, last.get(pk, 0))
        if kind in PRESENCE:
            begun[pk] = max(row, begun.get(pk, 0))
    there = snapshot.rows.filter(pk__in=last.values(), is_logged_in=True, is_active=True)
    rows = list(there.exclude(history_type="-").order_by("username"))
    begins = snapshot.rows.filter(pk__in=[begun[row.id] for row in rows if row.id in begun])
    since = dict(begins.values_list("id", "history_date"))
    return [Presence(row, since.get(row.id), held.get(row.id, [])) for row in rows]


def _held(snapshot: HistorySnapshot, **filters: Any) -> Held:
    """Return by person the rows of the tasks they held, most urgent first.

    The last row of each person's slot is of the task that was last in it. The person held the task
    at the moment if this is the task's own last row too.
    """
    slots = snapshot.last("assignee", "slot", slot__isnull=False, **filters).values()
    tasks = snapshot.rows.filter(pk__in=slots).values_list("id", flat=True)
    last = set(snapshot.last("id", id__in=list(tasks)).values()).intersection(slots)
    held: Held = defaultdict(list)
    rows = snapshot.rows.filter(pk__in=last).exclude(history_type="-")
    for row in rows.order_by(*ORDER_OF_WORK):
        held[row.assignee_id].append(row)
    return held


def _queues(tasks: HistorySnapshot, held: Held) -> list[QueueAtMoment]:
    in_work = Counter(row.queue_id for rows in held.values() for row in rows)
    waiting = _waiting(tasks)
    snapshot = HistorySnapshot(TABLES["queue"], tasks.moment)
    rows = snapshot.rows.filter(pk__in=snapshot.last("id").values()).exclude(history_type="-")
    found: list[QueueAtMoment] = []
    for row in rows.order_by("name"):
        n = [None if waiting is None else waiting[row.id, status] for status in Task.UNHELD]
        found.append(QueueAtMoment(row, in_work[row.id], *n))
    return found


def _waiting(snapshot: HistorySnapshot) -> Counter[tuple[int, str]] | None:
    """Count waiting tasks and those on hold, by queue and status; None where it would take long.

    These are the tasks in such a state now that were not touched since, and those touched since
    that were in one before: counted in one statement, so that nothing happens in between.
    """
    unheld = Task.objects.filter(status__in=Task.UNHELD).order_by()
    newest = snapshot.rows.aggregate(last=Max("history_id"))["last"] or 0
    if (
        newest - snapshot.below > MOST_SINCE
        or unheld.values("pk")[: MOST_WAITING + 1].count() > MOST_WAITING
    ):
        return None
    touched = snapshot.since().values("id")
    earlier = snapshot.rows.filter(history_date__lte=snapshot.moment, id__in=touched)
    last = earlier.values("id").annotate(last=Max("history_id")).values("last")
    before = snapshot.rows.filter(pk__in=last, status__in=Task.UNHELD).exclude(history_type="-")
    now, then = (
        rows.values_list("queue", "status").annotate(n=Count("pk"))
        for rows in (unheld.exclude(pk__in=touched), before)
    )
    counts: Counter[tuple[int, str]] = Counter()
    for queue, status, n in now.union(then, all=True):
        counts[queue, status] += n
    return counts
