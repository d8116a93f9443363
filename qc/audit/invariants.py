"""Proves the invariants of the design on a live database, and names what breaks them.

Reads in batches by primary key, so that its memory does not grow with the database. A row that
changes while it is read may be reported though it is right: run it again, or on a quiet system.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Max, Q

from qc.audit.seals import archived_rows
from qc.history import consistency
from qc.history.registry import table_of
from qc.models import ChangeKind, Queue, Status, Task, User
from qc.models.tasks import STATUS_AGREES
from qc.work.lifecycle import TRANSITIONS

BATCH = 1000

# Where each transition leads; an edit, a raise or a start leads nowhere.
LEADS = {
    "assign": Status.ASSIGNED,
    "complete": Status.COMPLETED,
    "release": Status.PENDING,
    "hold": Status.ON_HOLD,
    "resume": Status.PENDING,
    "cancel": Status.CANCELLED,
    "reopen": Status.PENDING,
}
# Changes of what is no column of a history row.
NO_COLUMN = {ChangeKind.ROLES_CHANGED, ChangeKind.PASSWORD_CHANGED, ChangeKind.ANONYMISED}
LEGAL = {(state, LEADS[transition]) for transition in LEADS for state in TRANSITIONS[transition]}


def broken() -> Iterator[str]:
    """Yield a sentence for each violation of an invariant."""
    yield from over_capacity()
    yield from states_that_disagree()
    yield from in_limbo()
    yield from consistency.differing()
    for model in (Task, User, Queue):
        yield from wrong_history(model)


def over_capacity() -> Iterator[str]:
    """Invariant 1: nobody holds more than their capacity."""
    held = Count("tasks", filter=Q(tasks__slot__isnull=False))
    holders = User.objects.filter(tasks__slot__isnull=False).annotate(held=held)
    for person in holders.filter(held__gt=F("capacity")):
        yield f"{person} has {person.held} tasks, more than their capacity {person.capacity}"


def states_that_disagree() -> Iterator[str]:
    """Invariant 2: a task's status and its columns agree."""
    for task in Task.objects.exclude(STATUS_AGREES):
        yield f"{task.reference} is {task.status}, but its other columns say something else"


def in_limbo() -> Iterator[str]:
    """Invariant 5: an assigned task is in the hands of somebody who is there."""
    for task in Task.objects.held().select_related("assignee").filter(assignee__is_logged_in=False):
        yield f"{task.reference} is assigned to {task.assignee}, who is not signed in"


def wrong_history(model: Any) -> Iterator[str]:
    """Invariants 3 and 4: one row for each change, each by a transition."""
    last = model.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, BATCH):
        rows: dict[int, list[Any]] = defaultdict(list)
        batch = (start, start + BATCH - 1)
        for row in model.history.filter(id__range=batch).order_by("history_id"):
            rows[row.id].append(row)
        for item in model.objects.filter(pk__range=batch):
            for complaint in _complaints(item, rows[item.pk]):
                yield f"{consistency.name_of(item)} {complaint}"


def _complaints(item: Any, rows: list[Any]) -> Iterator[str]:
    if not rows:
        yield "has no history"
        return
    created = [row.history_type for row in rows].count("+")
    begins_well = created == 1 and rows[0].history_type == "+"
    # What is in an archive, its seals prove.
    if not begins_well and (created or not _is_archived_between(0, rows[0])):
        yield "was not created exactly once by its history"
    if isinstance(item, Queue):
        return  # Who is on a queue is kept beside the row.
    columns = [field.attname for field in item.history.model.tracked_fields]
    for before, after in pairwise(rows):
        has_news = after.kind and after.kind not in NO_COLUMN
        if has_news and all(getattr(before, name) == getattr(after, name) for name in columns):
            yield f"has two history rows for one change, at {after.history_date:%Y-%m-%d %H:%M:%S}"
        old, new = getattr(before, "status", None), getattr(after, "status", None)
        if old != new and (old, new) not in LEGAL and not _is_archived_between(before.pk, after):
            yield f"went from {old} to {new}, which no transition does"


def _is_archived_between(above: int, row: Any) -> bool:
    return archived_rows.is_any_between(table_of(type(row)), above, row.pk)
