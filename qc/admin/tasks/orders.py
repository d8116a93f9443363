"""In which order the task list shows what is asked for: always one that an index serves.

Each filter has its index (`Task.Meta.indexes`); of several, the one that finds the fewest is
taken, and the others drop some of what it finds.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qc.admin.tasks.filters import YES_NO, due, in_days
from qc.core.keyset import Order
from qc.models import Priority, Status, Task
from qc.models.tasks import begins_with

QUEUE, STATUS, PRIORITY, PERSON, LATE, SEARCH = (
    "queue__id__exact",
    "status__exact",
    "priority__exact",
    "assignee__id__exact",
    "late",
    "q",
)
ARRIVED = ("created_at_from", "created_at_to")
COMPLETED = ("completed_at_from", "completed_at_to")
NEWEST = ("-id",)

Asked = Mapping[str, str]


def choose(asked: Asked) -> Order:
    """Return the order for what is asked. Raises ValueError for what can't be asked."""
    first = (_found, _completed, _of_person, _arrived, _due, _next_in_queue)
    orders = (*first, _of_queue, _of_priority, _in_status)
    return next(filter(None, (order(asked) for order in orders)), None) or _order(
        _("newest first"), NEWEST, Q()
    )


def _found(asked: Asked) -> Order | None:
    if not asked.get(SEARCH):
        return None
    there = begins_with(asked[SEARCH])
    if not Task.objects.filter(there).exists():
        return None
    return _order(_("by reference"), ("reference",), there, serves=(SEARCH,))


def _completed(asked: Asked) -> Order | None:
    """By completion: of some days, of a queue, of a person, or all."""
    of_days = any(name in asked for name in COMPLETED)
    if not of_days and asked.get(STATUS) != Status.COMPLETED:
        return None
    # What has this column is completed, and the other way round: a constraint keeps it so.
    done = in_days("completed_at", asked) & Q(completed_at__isnull=False)
    serves = [*COMPLETED, STATUS] if asked.get(STATUS) == Status.COMPLETED else [*COMPLETED]
    # As the index of all has it: those completed at the same moment stand by their queue.
    columns: tuple[str, ...] = ("-completed_at", "-queue_id", "-id")
    for name, column in ((PERSON, "assignee"), (QUEUE, "queue")):
        if name in asked:
            done &= Q(**{column: int(asked[name])})
            columns = ("-completed_at", "-id")
            serves.append(name)
            break
    return _order(_("last completed first"), columns, done, serves=serves)


def _of_person(asked: Asked) -> Order | None:
    if PERSON not in asked:
        return None
    theirs = Q(assignee=int(asked[PERSON]))
    if STATUS in asked:  # which is not completed
        held = theirs & Q(completed_at__isnull=True)
        return _order(_("newest first"), NEWEST, held, serves=(PERSON,))
    return _order(
        _("assigned tasks first, then the last completed"),
        ("-completed_at", "-id"),
        theirs & Q(completed_at__isnull=False),
        serves=(PERSON,),
        pinned=theirs & Q(completed_at__isnull=True),
    )


def _arrived(asked: Asked) -> Order | None:
    if not any(name in asked for name in ARRIVED):
        return None
    days = in_days("created_at", asked)
    columns = ("-created_at", "-queue_id", "-id")
    return _order(_("newest first"), columns, days, serves=ARRIVED)


def _due(asked: Asked) -> Order | None:
    if asked.get(LATE) not in YES_NO:
        return None
    moment = due(asked[LATE])
    index_ranges = [moment & Q(status=one) for one in Task.LIVE if asked.get(STATUS, one) == one]
    serves = [LATE, STATUS]
    if QUEUE in asked:
        queue, wanted = int(asked[QUEUE]), int(asked.get(PRIORITY, 0))
        some = [one for one in Priority if wanted in (0, one)]
        index_ranges = [
            one & Q(queue=queue, priority=urgency) for one in index_ranges for urgency in some
        ]
        serves += [QUEUE, PRIORITY]
    return _order(_("earliest due first"), ("due_at", "id"), *index_ranges, serves=serves)


def _next_in_queue(asked: Asked) -> Order | None:
    if QUEUE not in asked or STATUS not in asked:
        return None
    condition = Q(queue=int(asked[QUEUE]), status=asked[STATUS])
    if PRIORITY in asked:
        condition &= Q(priority=int(asked[PRIORITY]))
    columns, serves = ("priority", "due_at", "id"), (QUEUE, STATUS, PRIORITY)
    return _order(_("most urgent first"), columns, condition, serves=serves)


def _of_queue(asked: Asked) -> Order | None:
    if QUEUE not in asked:
        return None
    return _order(_("newest first"), NEWEST, Q(queue=int(asked[QUEUE])), serves=(QUEUE,))


def _of_priority(asked: Asked) -> Order | None:
    if PRIORITY not in asked or STATUS in asked:
        return None
    of_it = Q(priority=int(asked[PRIORITY]))
    return _order(_("newest first"), NEWEST, of_it, serves=(PRIORITY,))


def _in_status(asked: Asked) -> Order | None:
    status = asked.get(STATUS)
    if status is None:
        return None
    of_it = Q(status=status)
    if status == Status.ASSIGNED:
        columns = ("-assigned_at", "-id")
        return _order(_("last assigned first"), columns, of_it, serves=(STATUS,))
    # Nothing that waits, is parked or cancelled was assigned: so the index has it by id.
    of_it &= Q(assigned_at__isnull=True)
    return _order(_("newest first"), NEWEST, of_it, serves=(STATUS,))


def _order(
    words: Any,
    columns: tuple[str, ...],
    *index_ranges: Q,
    serves: Iterable[str] = (),
    pinned: Q | None = None,
) -> Order:
    return Order(words, columns, index_ranges, Task.objects.all(), frozenset(serves), pinned)
