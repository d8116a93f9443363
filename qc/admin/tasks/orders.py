"""The order of the task list, which follows from its filters so that an index serves it.

Each filter has its index (`Task.Meta.indexes`). Of several filters, the one that finds the fewest
tasks is looked up there, and the others are applied to what it finds.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qc.admin.tasks.filters import YES_NO, due, in_days
from qc.core.keyset import Order
from qc.models import ORDER_OF_WORK, Purpose, Status, Task
from qc.models.tasks import LEVELS, begins_with

QUEUE, STATUS, PRIORITY, PERSON, LATE, SEARCH, PURPOSE = (
    "queue__id__exact",
    "status__exact",
    "priority__exact",
    "assignee__id__exact",
    "late",
    "q",
    "purpose",
)
ARRIVED = ("created_at_from", "created_at_to")
COMPLETED = ("completed_at_from", "completed_at_to")
NEWEST = ("-id",)

Params = Mapping[str, str]


def choose(params: Params) -> Order:
    """Return the order for the parameters of an address. Raise ValueError for bad values."""
    orders = (_by_reference, _completed, _of_person, _arrived, _due, _following)
    for order in (*orders, _in_queue, _in_status):
        if found := order(params):
            return found
    if PRIORITY in params:
        return _newest(Q(priority=int(params[PRIORITY])), serves=(PRIORITY,))
    return _newest(Q())


def _by_reference(params: Params) -> Order | None:
    if SEARCH not in params:
        return None
    by_reference = begins_with(params[SEARCH])
    if not Task.objects.filter(by_reference).exists():
        return None
    return _order(_("by reference"), ("reference",), by_reference, serves=(SEARCH,))


def _completed(params: Params) -> Order | None:
    """Return the order by completion: within some days, of a queue, of a person, or all."""
    is_completed = params.get(STATUS) == Status.COMPLETED
    if not is_completed and not any(name in params for name in COMPLETED):
        return None
    # By a constraint, exactly the completed tasks have a value in this column.
    done = in_days("completed_at", params) & Q(completed_at__isnull=False)
    serves = [*COMPLETED, STATUS] if is_completed else [*COMPLETED]
    # The order of the index: tasks completed at the same moment are sorted by their queue.
    columns: tuple[str, ...] = ("-completed_at", "-queue_id", "-id")
    for name, column in ((PERSON, "assignee"), (QUEUE, "queue")):
        if name in params:
            done &= Q(**{column: int(params[name])})
            columns = ("-completed_at", "-id")
            serves.append(name)
            break
    return _order(_("last completed first"), columns, done, serves=serves)


def _of_person(params: Params) -> Order | None:
    if PERSON not in params:
        return None
    of_person = Q(assignee=int(params[PERSON]))
    held = of_person & Q(completed_at__isnull=True)
    if STATUS in params:  # any but completed: `_completed` comes first
        return _newest(held, serves=(PERSON,))
    return _order(
        _("assigned tasks first, then the last completed"),
        ("-completed_at", "-id"),
        of_person & Q(completed_at__isnull=False),
        serves=(PERSON,),
        pinned=held,
    )


def _arrived(params: Params) -> Order | None:
    if not any(name in params for name in ARRIVED):
        return None
    columns = ("-created_at", "-queue_id", "-id")
    return _order(_("newest first"), columns, in_days("created_at", params), serves=ARRIVED)


def _due(params: Params) -> Order | None:
    if params.get(LATE) not in YES_NO:
        return None
    moment = due(params[LATE])
    ranges = [moment & Q(status=one) for one in Task.LIVE if params.get(STATUS, one) == one]
    serves = [LATE, STATUS]
    if QUEUE in params:
        queue, wanted = int(params[QUEUE]), int(params.get(PRIORITY, 0))
        levels = [
            Q(queue=queue, priority=priority, raised=raised)
            for priority, raised in LEVELS
            if wanted in (0, priority)
        ]
        ranges = [one & level for one in ranges for level in levels]
        serves += [QUEUE, PRIORITY]
    return _order(_("earliest due first"), ("due_at", "id"), *ranges, serves=serves)


def _following(params: Params) -> Order | None:
    """Return the order of reworks and reinspections: few tasks follow from another one."""
    if params.get(PURPOSE) not in (Purpose.REWORK, Purpose.REINSPECTION):
        return None
    columns = ("-origin_id", "-id")
    return _order(_("by the task they follow from"), columns, Q(origin__isnull=False))


def _in_queue(params: Params) -> Order | None:
    if QUEUE not in params:
        return None
    condition = Q(queue=int(params[QUEUE]))
    if STATUS not in params:
        return _newest(condition, serves=(QUEUE,))
    condition &= Q(status=params[STATUS])
    if PRIORITY in params:
        condition &= Q(priority=int(params[PRIORITY]))
    serves = (QUEUE, STATUS, PRIORITY)
    return _order(_("most urgent first"), ORDER_OF_WORK, condition, serves=serves)


def _in_status(params: Params) -> Order | None:
    if STATUS not in params:
        return None
    in_status = Q(status=params[STATUS])
    if params[STATUS] == Status.ASSIGNED:
        columns = ("-assigned_at", "-id")
        return _order(_("last assigned first"), columns, in_status, serves=(STATUS,))
    # Only assigned and completed tasks have a value here: the index has the others by id.
    return _newest(in_status & Q(assigned_at__isnull=True), serves=(STATUS,))


def _newest(condition: Q, serves: Iterable[str] = ()) -> Order:
    return _order(_("newest first"), NEWEST, condition, serves=serves)


def _order(
    words: Any,
    columns: tuple[str, ...],
    *index_ranges: Q,
    serves: Iterable[str] = (),
    pinned: Q | None = None,
) -> Order:
    return Order(words, columns, index_ranges, Task.objects.all(), frozenset(serves), pinned)
