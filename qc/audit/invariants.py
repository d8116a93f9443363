"""Checks the invariants of the design on a live database, and names what breaks them.

1. Nobody holds more tasks than their capacity.
2. A task's status and its other columns agree.
3. Each change has one history row.
4. Each change of a status is a transition of `qc.work.lifecycle`.
5. An assigned task is assigned to somebody who is signed in, or who has started it.
6. Each role may what migrations grant it, and nobody has rights besides their roles.
7. What is in somebody's line waits, and its person is signed in and serves its queue.
8. The rows by which answers and defects are counted say what their task's findings say.

Reads in batches by primary key, so that its memory does not grow with the database. A row that
changes while it is read may be reported by mistake: run it again, or on a quiet system.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Max, Q

from qc.audit import finding_rows, grants
from qc.audit.seals.archived_rows import ArchivedIds
from qc.history import consistency
from qc.history.registry import table_of
from qc.models import ChangeKind, Queue, Status, Task, User
from qc.models.tasks import STATUS_AGREES
from qc.work import line
from qc.work.guards import TRANSITIONS

BATCH = 1000

# The status after each transition; one that is not here leaves the status as it is.
TARGET_STATUS = {
    "assign": Status.ASSIGNED,
    "complete": Status.COMPLETED,
    "undo": Status.ASSIGNED,
    "release": Status.PENDING,
    "hold": Status.ON_HOLD,
    "resume": Status.PENDING,
    "cancel": Status.CANCELLED,
    "reopen": Status.PENDING,
}
# Changes that show in no column of a history row.
NO_COLUMN = {
    ChangeKind.ROLES_CHANGED,
    ChangeKind.PASSWORD_CHANGED,
    ChangeKind.ANONYMISED,
    ChangeKind.LINK_MADE,
    ChangeKind.IDENTITY_LINKED,
    ChangeKind.ERASURE_ASKED,
    ChangeKind.ERASURE_DROPPED,
    ChangeKind.COMMENTED,
    # Of people who do not work on tasks.
    ChangeKind.SIGNED_IN,
    ChangeKind.SIGNED_OUT,
}
LEGAL = {(old, new) for transition, new in TARGET_STATUS.items() for old in TRANSITIONS[transition]}


def broken() -> Iterator[str]:
    """Yield a sentence for each violation of an invariant."""
    yield from over_capacity()
    yield from states_that_disagree()
    yield from held_by_absent()
    yield from strayed_from_lines()
    yield from consistency.differing()
    yield from finding_rows.differing()
    yield from grants.differing()
    for model in (Task, User, Queue):
        yield from wrong_history(model)


def over_capacity() -> Iterator[str]:
    """Yield what breaks invariant 1: each person with more tasks than their capacity."""
    held = Count("tasks", filter=Q(tasks__slot__isnull=False))
    holders = User.objects.filter(tasks__slot__isnull=False).annotate(held=held)
    for person in holders.filter(held__gt=F("capacity")):
        yield f"{person} has {person.held} tasks, more than their capacity {person.capacity}"


def states_that_disagree() -> Iterator[str]:
    """Yield what breaks invariant 2: each task whose columns don't fit its status."""
    for task in Task.objects.exclude(STATUS_AGREES):
        yield f"{task.reference} is {task.status}, but its other columns say something else"


def held_by_absent() -> Iterator[str]:
    """Yield what breaks invariant 5: each task of somebody who is away and never started it."""
    held = Task.objects.held().filter(started_at__isnull=True, assignee__is_logged_in=False)
    # Such a task may be in their hands, and be scanned at the end.
    held = held.exclude(shown_at__isnull=False, queue__scan_to_start=True)
    for task in held.select_related("assignee"):
        yield f"{task.reference} is assigned to {task.assignee}, who is not signed in"


def strayed_from_lines() -> Iterator[str]:
    """Yield what breaks invariant 7: each task in a line in which it can't be."""
    for task in line.stray():
        yield f"{task.reference} is in the line of {task.next_for}, who can't be given it"


def wrong_history(model: Any) -> Iterator[str]:
    """Yield what breaks invariants 3 and 4 in the histories of a model."""
    archived = ArchivedIds(table_of(model.history.model))
    last = model.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, BATCH):
        rows: dict[int, list[Any]] = defaultdict(list)
        batch = (start, start + BATCH - 1)
        for row in model.history.filter(id__range=batch).order_by("history_id"):
            rows[row.id].append(row)
        for item in model.objects.filter(pk__range=batch):
            for complaint in _complaints(item, rows[item.pk], archived):
                yield f"{consistency.name_of(item)} {complaint}"


def _complaints(item: Any, rows: list[Any], archived: ArchivedIds) -> Iterator[str]:
    if not rows:
        yield "has no history"
        return
    created = [row.history_type for row in rows].count("+")
    begins_well = created == 1 and rows[0].history_type == "+"
    # Rows in an archive are proven by its seals.
    if not begins_well and (created or not archived.has_any_between(0, rows[0].pk)):
        yield "was not created exactly once by its history"
    if isinstance(item, Queue):
        return  # A queue's people are no column of its row.
    columns = [field.attname for field in item.history.model.tracked_fields]
    for before, after in pairwise(rows):
        has_news = after.kind and after.kind not in NO_COLUMN
        if has_news and all(getattr(before, name) == getattr(after, name) for name in columns):
            yield f"has two history rows for one change, at {after.history_date:%Y-%m-%d %H:%M:%S}"
        old, new = getattr(before, "status", None), getattr(after, "status", None)
        is_legal = old == new or (old, new) in LEGAL
        if not is_legal and not archived.has_any_between(before.pk, after.pk):
            yield f"went from {old} to {new}, which no transition does"
