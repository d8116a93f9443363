"""The floor, or one task, person or queue, at any moment of the past, from the history alone.

A few statements for any moment: each person who was ever there costs a few seeks of an index, and
each who was there then their row and those of the tasks in their hands.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min

from qc.history.registry import TABLES
from qc.history.snapshot import HistorySnapshot
from qc.models import ChangeKind, Queue, Records, Task

# Of which tables one object can be shown.
THINGS = ("task", "person", "queue")
# By which kinds of change somebody comes, goes on break and comes back.
COMINGS = (ChangeKind.SIGNED_IN, ChangeKind.BREAK_ENDED, ChangeKind.BREAK_BEGUN)
# What waited is reckoned back from what waits now. With more rows since, or more that waits, that
# would no longer be quick.
MOST_SINCE = MOST_WAITING = 50_000

Held = dict[int, list[Any]]


class Presence(NamedTuple):
    """Somebody who was there: their row, since when they were so, the rows of what they held."""

    row: Any
    since: datetime | None
    held: list[Any]


class QueueAtMoment(NamedTuple):
    """A queue: its row, and how many of its tasks were in work, waiting and on hold.

    The last two are None where it is too far back to reckon them.
    """

    row: Any
    in_work: int
    waiting: int | None
    on_hold: int | None


@dataclass(frozen=True)
class Floor:
    """Who was there, by name, and how the queues stood."""

    people: list[Presence]
    queues: list[QueueAtMoment]

    @property
    def on_break(self) -> int:
        """How many were on break."""
        return sum(bool(person.row.break_reason) for person in self.people)

    @property
    def held(self) -> int:
        """How many tasks were in somebody's hands."""
        return sum(len(person.held) for person in self.people)

    @property
    def is_counted(self) -> bool:
        """Whether it is known what waited."""
        return all(queue.waiting is not None for queue in self.queues)


@dataclass(frozen=True)
class Thing:
    """One object: its last row then, None where it did not exist yet, and its first and newest."""

    row: Any
    first: Any
    newest: Any

    @property
    def was_deleted(self) -> bool:
        """Whether it had been deleted by then."""
        return self.row is not None and self.row.history_type == "-"


def beginning() -> datetime | None:
    """Return the moment of the first row of all, None while there is none."""
    firsts = (TABLES[name].objects.aggregate(first=Min("history_date"))["first"] for name in THINGS)
    return min((first for first in firsts if first), default=None)


def floor(moment: datetime) -> Floor:
    """Return the floor at a moment."""
    tasks = HistorySnapshot(TABLES["task"], moment)
    held = _held(tasks)
    return Floor(_people(HistorySnapshot(TABLES["person"], moment), held), _queues(tasks, held))


def of(table: str, pk: int, moment: datetime) -> Thing | None:
    """Return a task, a person or a queue at a moment; None if there was never one of this id."""
    if table not in THINGS:
        return None
    rows = TABLES[table].objects.filter(id=pk).order_by("history_id")
    newest = rows.last()
    if newest is None:
        return None
    return Thing(HistorySnapshot(TABLES[table], moment).row(pk), rows.first(), newest)


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
    came: dict[int, int] = {}
    for (pk, kind), row in snapshot.last("id", "kind").items():
        last[pk] = max(row, last.get(pk, 0))
        if kind in COMINGS:
            came[pk] = max(row, came.get(pk, 0))
    there = snapshot.rows.filter(pk__in=last.values(), is_logged_in=True, is_active=True)
    rows = list(there.exclude(history_type="-").order_by("username"))
    comings = snapshot.rows.filter(pk__in=[came[row.id] for row in rows if row.id in came])
    since = dict(comings.values_list("id", "history_date"))
    return [Presence(row, since.get(row.id), held.get(row.id, [])) for row in rows]


def _held(snapshot: HistorySnapshot, **whose: Any) -> Held:
    """Return by person the rows of the tasks in their hands, most urgent first.

    The last row of each place that somebody ever had is of the task that was last in it: it is in
    it still if that is its own last row too.
    """
    places = snapshot.last("assignee", "slot", slot__isnull=False, **whose).values()
    tasks = snapshot.rows.filter(pk__in=places).values_list("id", flat=True)
    last = set(snapshot.last("id", id__in=list(tasks)).values()).intersection(places)
    held: Held = defaultdict(list)
    rows = snapshot.rows.filter(pk__in=last).exclude(history_type="-")
    for row in rows.order_by("priority", "due_at", "id"):
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
    """Count what waited and what was on hold, by queue; None where that would take long.

    It is what is so now and was not touched since, and what was touched since and was so before:
    both in one statement, so that nothing happens in between.
    """
    live = Task.objects.filter(status__in=Task.UNHELD).order_by()
    newest = snapshot.rows.aggregate(last=Max("history_id"))["last"] or 0
    if (
        newest - snapshot.below > MOST_SINCE
        or live.values("pk")[: MOST_WAITING + 1].count() > MOST_WAITING
    ):
        return None
    touched = snapshot.since().values("id")
    earlier = snapshot.rows.filter(history_date__lte=snapshot.moment, id__in=touched)
    last = earlier.values("id").annotate(last=Max("history_id")).values("last")
    before = snapshot.rows.filter(pk__in=last, status__in=Task.UNHELD).exclude(history_type="-")
    parts = [
        rows.values_list("queue", "status").annotate(n=Count("pk"))
        for rows in (live.exclude(pk__in=touched), before)
    ]
    counts: Counter[tuple[int, str]] = Counter()
    for queue, status, n in parts[0].union(parts[1], all=True):
        counts[queue, status] += n
    return counts
