"""Who gets what, for everybody who is free at once: read, match in memory, lock, assign.

A handful of statements whatever the number of people: its cost grows with the free people, not
with the backlog or the history. Any number of these may run at once, beside any number of
single hand-outs: a row that somebody else has locked is left to them.
"""

from collections import defaultdict, deque
from collections.abc import Collection
from typing import NamedTuple

from qc import lifecycle, seeks
from qc.assignment import free_slots, hand_out, why
from qc.lifecycle import Assignment
from qc.models import Queue, Role, Status, Task, User
from qc.transactions import retrying

# So many are locked and assigned in one transaction: others wait for a short one only.
BATCH = 200
# A pass that lost a race for some of its tasks is repeated; what is left then is the sweep's.
PASSES = 3


class Pair(NamedTuple):
    """A task meant for a person, before either is locked."""

    task: Task
    person: User
    queues: int


def match(queues: Collection[int] | None = None) -> int:
    """Gives every free person the most urgent tasks they may do, idle longest first.

    `queues` limits it to the people who serve one of these (what an import or a release has just
    filled); each still gets the most urgent of all their queues. Gives how many were assigned.
    """
    assigned = 0
    for _ in range(PASSES):
        pairs, passed_over = _plan(queues)
        done = sum(_assign(pairs[i : i + BATCH]) for i in range(0, len(pairs), BATCH))
        done += sum(len(hand_out(person)) for person in passed_over)
        assigned += done
        if done >= len(pairs):
            break
    return assigned


def _plan(queues: Collection[int] | None) -> tuple[list[Pair], list[int]]:
    """Reads without locks; gives the pairs, and who only saw tasks that they had released."""
    people = list(User.objects.free())
    served = _served(people, queues)
    heads = _heads(people, served)
    places = {person.pk: person.capacity - person.open_tasks for person in people}
    pairs: list[Pair] = []
    passed_over: set[int] = set()
    while people := [one for one in people if places[one.pk] > 0]:
        for person in people:
            mine = served[person.pk]
            task, skipped = _take(heads, mine, person)
            places[person.pk] = places[person.pk] - 1 if task else 0
            if task:
                pairs.append(Pair(task, person, len(mine)))
            elif skipped:
                passed_over.add(person.pk)
    return pairs, sorted(passed_over)


def _served(people: list[User], only: Collection[int] | None) -> dict[int, list[int]]:
    """Gives each free person's unpaused queues, by the same rule as `Queue.objects.serving`."""
    running = Queue.objects.filter(is_paused=False)
    open_to_all = {queue.pk: queue.open_to_all for queue in running}
    free = {person.pk for person in people}
    staff = User.groups.through.objects.filter(group__name=Role.QC_STAFF)
    everywhere = [queue for queue, is_open in open_to_all.items() if is_open]
    served: dict[int, set[int]] = defaultdict(set)
    for person in free.intersection(staff.values_list("user_id", flat=True)) if everywhere else ():
        served[person].update(everywhere)
    on = User.queues.through.objects.filter(queue__in=list(open_to_all))
    for person, queue in on.values_list("user_id", "queue_id"):
        if person in free:
            served[person].add(queue)
    asked = served.items() if only is None else ((p, q) for p, q in served.items() if q & set(only))
    return defaultdict(list, {person: sorted(queues) for person, queues in asked})


def _heads(people: list[User], served: dict[int, list[int]]) -> dict[int, deque[Task]]:
    """Gives each queue's most urgent tasks, no more of them than its free people can take."""
    wanted: dict[int, int] = defaultdict(int)
    for person in people:
        for queue in served[person.pk]:
            wanted[queue] += person.capacity - person.open_tasks
    heads: dict[int, deque[Task]] = {queue: deque() for queue in wanted}
    for task in seeks.heads(wanted, sum(wanted.values())):
        heads[task.queue_id].append(task)
    return heads


def _take(
    heads: dict[int, deque[Task]], queues: list[int], person: User
) -> tuple[Task | None, bool]:
    """Takes the most urgent task that this person may have; says whether one was passed over."""
    best: Task | None = None
    skipped = False
    for queue in queues:
        for task in heads[queue]:
            if task.released_by_id == person.pk:
                skipped = True
                continue
            if best is None or _urgency(task) < _urgency(best):
                best = task
            break
    if best is not None:
        heads[best.queue_id].remove(best)
    return best, skipped


def _urgency(task: Task) -> tuple[object, ...]:
    return (task.priority, task.due_at, task.pk)


@retrying
def _assign(pairs: list[Pair]) -> int:
    """Locks the people, then the tasks, and assigns the pairs that still hold."""
    chosen = {pair.person.pk for pair in pairs}
    locked = User.objects.locked(*chosen).select_for_update(skip_locked=True)
    people = {person.pk: person for person in locked if person.takes_work}
    used = _used(people)
    slots = {pk: deque(free_slots(person, used[pk])) for pk, person in people.items()}
    ids = [pair.task.pk for pair in pairs if slots.get(pair.person.pk)]
    waiting = Task.objects.filter(pk__in=ids, status=Status.PENDING).order_by("pk")
    tasks = {task.pk: task for task in waiting.select_for_update(skip_locked=True)}
    found = [
        Assignment(
            tasks[task.pk], people[person.pk], slots[person.pk].popleft(), why(task, person, queues)
        )
        for task, person, queues in pairs
        if task.pk in tasks and slots.get(person.pk) and tasks[task.pk].released_by_id != person.pk
    ]
    if found:
        lifecycle.assign_many(found)
    return len(found)


def _used(people: Collection[int]) -> dict[int, list[int]]:
    used: dict[int, list[int]] = defaultdict(list)
    held = Task.objects.open().filter(assignee__in=list(people)).order_by()
    for person, slot in held.values_list("assignee_id", "slot"):
        used[person or 0].append(slot or 0)
    return used
