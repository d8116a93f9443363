"""Assigns tasks to all free people at once: read, match in memory, lock, assign.

It takes a handful of statements for any number of people: its cost grows with the free people, not
with the backlog or the history. Any number of these may run at once, also beside hand-outs to one
person: a row that another one has locked is left to it.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef

from qc.core.compiled_queries import Prepared, PreparedForMany
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import Queue, RosterOf, Task, User
from qc.work import backlog, faults, lifecycle
from qc.work.assignment import free_slots, hand_out, reasons
from qc.work.backlog import HandBacks, Head, LockedTask
from qc.work.lifecycle import HandOut

# Pairs per transaction: kept small so that other transactions do not wait long.
BATCH = 200
# How often a pass that lost a race for some of its tasks is tried; the sweep does the rest.
PASSES = 3
# The columns of a `FreePerson`.
PERSON = ("pk", "username", "capacity", "idle_since", "open_tasks", "has_line")
HAS_LINE = Exists(Task.objects.filter(next_for=OuterRef("pk")))


@dataclass(slots=True)
class FreePerson:
    """What decides who gets what, and the name of a free person."""

    pk: int
    username: str
    capacity: int
    idle_since: datetime | None
    open_tasks: int
    has_line: bool

    def __str__(self) -> str:
        return self.username


ANYBODY_FREE = Prepared(lambda: User.objects.free().values_list("pk")[:1])
# What each batch reads: the people who take work and the tasks that wait, but none that somebody
# else has locked; and the slots in use.
LOCKED = PreparedForMany(
    lambda ids: _unlocked(User.objects.taking_work(), ids).values_list("pk", "capacity")
)
USED_SLOTS = PreparedForMany(
    lambda people: (
        Task.objects.held().filter(assignee__in=people).order_by().values_list("assignee", "slot")
    )
)
WAITING = PreparedForMany(
    lambda ids: _unlocked(Task.objects.waiting().filter(next_for__isnull=True), ids).values_list(
        "pk", "queue", "released_by", "priority", "due_at"
    )
)


class Pair(NamedTuple):
    """A task meant for a person, before either is locked.

    `queues` is the number of queues they serve.
    """

    task: Head
    person: FreePerson
    queues: int

    @property
    def pk(self) -> int:
        """The id of the task."""
        return self.task.pk


def offer(queues: Collection[int]) -> int:
    """Assign the tasks that wait in these queues, after a change; return how many were assigned.

    The change stands, so what this fails of is logged, and left to the sweep.
    """
    with faults.left_to_the_sweep("hand_out", lambda: faults.named(Queue)(min(queues))):
        # Mostly nobody is free, which is found out sooner than who of all people serves the queues.
        return match(queues) if ANYBODY_FREE.rows() else 0
    return 0


def match(queues: Collection[int] | None = None) -> int:
    """Give every free person the most urgent tasks they may do; return how many were assigned.

    `queues`, which have new tasks, limit it to the people who serve one of them; each still gets
    the most urgent task of all their queues. Who can't be given a task, as its row or theirs is
    broken, is offered another one in the next pass, and the task to others.
    """
    assigned, broken = 0, set[tuple[int, int]]()
    for _ in range(PASSES):
        people = _read_free(queues)
        assigned += _serve_lines(people)
        pairs = _pairs([person for person in people if not person.has_line], broken)
        batches = (pairs[i : i + BATCH] for i in range(0, len(pairs), BATCH))
        with faults.collecting() as outcome:
            done = sum(faults.batch(_assign, some, _name_of) for some in batches)
        broken.update((one.thing.task.pk, one.thing.person.pk) for one in outcome.failures)
        assigned += done
        if done >= len(pairs):
            break
    return assigned


def plan(queues: Collection[int] | None = None, broken: HandBacks = frozenset()) -> list[Pair]:
    """Return who gets what if `match` runs now, but none of the pairs `broken`; lock nothing.

    Everybody gets one task before anybody gets a second; the longest idle come first.
    """
    return _pairs(_read_free(queues), broken)


def _read_free(queues: Collection[int] | None) -> list[FreePerson]:
    """Return the free people who serve one of these queues, or any; longest idle first."""
    free: Any = User.objects.free().annotate(has_line=HAS_LINE)
    rows = (free if queues is None else free.serving(queues)).values_list(*PERSON, named=True)
    return [FreePerson(*row) for row in faults.readable(rows)]


def _serve_lines(people: Sequence[FreePerson]) -> int:
    """Hand out to free people with a line, one by one: it comes before all that waits.

    They are few: mostly they were given it when they finished. Return to how many it was.
    """
    ids = [person.pk for person in people if person.has_line]
    return faults.each(_serve_line, ids, faults.named(User))


def _serve_line(person_id: int) -> bool:
    return bool(hand_out(person_id))


def _pairs(whole: Sequence[FreePerson], broken: HandBacks) -> list[Pair]:
    rooms = faults.results(_room, whole, _name_of_person)
    if not rooms:
        return []
    people, room = [person for person, _n in rooms], {person.pk: n for person, n in rooms}
    served = _served_queues(room)
    heads, given_back = _heads(room, served, broken)
    pairs: list[Pair] = []
    while people := [one for one in people if room[one.pk] > 0]:
        for person in people:
            task = _take(heads, given_back, served[person.pk], person)
            room[person.pk] = room[person.pk] - 1 if task else 0
            if task:
                pairs.append(Pair(task, person, len(served[person.pk])))
    return pairs


def _served_queues(people: Collection[int]) -> dict[int, list[int]]:
    """Return for each of the free people, by their ids, the running queues that they serve."""
    # Of the free people only: a single new task must not read who is on every queue.
    served = RosterOf(people).serving(Queue.objects.running().only("open_to_all"))
    return {person: sorted(served[person]) for person in people}


def _heads(
    room: Mapping[int, int], served: dict[int, list[int]], broken: HandBacks
) -> tuple[dict[int, deque[Head]], HandBacks]:
    """Return each queue's most urgent tasks, and who of these people gave which of them back.

    No more are read than the free people can take. Nobody gets a task that they gave back, so as
    many further tasks are read.
    """
    wanted: Counter[int] = Counter()
    for person, queues in served.items():
        wanted.update(dict.fromkeys(queues, room[person]))
    more: Counter[int] = Counter()
    while True:
        tasks = backlog.peek(wanted + more, (wanted + more).total())
        given_back = backlog.given_back(tasks, room) | broken
        refused = {task for task, _person in given_back}
        counts = Counter(task.queue_id for task in tasks if task.pk in refused)
        if counts <= more:
            break
        # Twice as many, so that a long run of these takes few statements.
        more = counts + counts
    heads: dict[int, deque[Head]] = {queue: deque() for queue in wanted}
    for task in tasks:
        heads[task.queue_id].append(task)
    return heads, given_back


def _take(
    heads: dict[int, deque[Head]], given_back: HandBacks, queues: list[int], person: FreePerson
) -> Head | None:
    """Remove the most urgent task that this person may have from the heads, and return it."""
    firsts = (
        next((task for task in heads[queue] if (task.pk, person.pk) not in given_back), None)
        for queue in queues
    )
    best = min((task for task in firsts if task), default=None)
    if best is not None:
        heads[best.queue_id].remove(best)
    return best


@retrying
@for_the_record()
def _assign(pairs: Sequence[Pair]) -> int:
    """Lock the people, then the tasks; assign the pairs still possible; return how many."""
    people = dict(LOCKED.rows({pair.person.pk for pair in pairs}))
    used = _used(people)
    slots = {pk: deque(free_slots(capacity, used[pk])) for pk, capacity in people.items()}
    rows = WAITING.rows(pair.pk for pair in pairs if slots.get(pair.person.pk))
    tasks = {row[0]: LockedTask(*row) for row in rows}
    given_back = backlog.given_back(tasks.values(), people)
    # Meanwhile a task may have been moved, its queue paused, or its person taken off it.
    served = _served_queues(people)
    why = reasons()
    found = [
        HandOut(task.pk, one.pk, slots[one.pk].popleft(), why(task, one.idle_since, queues))
        for head, one, queues in pairs
        if (task := tasks.get(head.pk)) and task.queue_id in served.get(one.pk, ())
        if (task.pk, one.pk) not in given_back and slots.get(one.pk)
    ]
    lifecycle.hand_out(found)
    return len(found)


def _unlocked(rows: Any, ids: Collection[int]) -> Any:
    """Lock those of these rows that nobody else has locked."""
    return rows.filter(pk__in=ids).order_by("pk").select_for_update(skip_locked=True)


def _name_of(pair: Pair) -> faults.Item:
    return faults.Item(pair.task.reference, "qc.task", pair.pk, str(pair.person))


def _room(person: FreePerson) -> int:
    return person.capacity - person.open_tasks


def _name_of_person(person: FreePerson) -> faults.Item:
    return faults.Item(person.username, "qc.user", person.pk)


def _used(people: Collection[int]) -> dict[int, list[int]]:
    used: dict[int, list[int]] = defaultdict(list)
    for person, slot in USED_SLOTS.rows(people):
        used[person].append(slot)
    return used
