"""The order of the task list, which follows from its filters so that an index serves it.

Each filter has its index (`Task.Meta.indexes`). Of several filters, the one that finds the fewest
tasks is looked up there, and the others are applied to what it finds. Somebody may choose another
order where an index has the tasks of the filters in that one too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qc.admin.tasks.filters import LATENESS, due, in_days
from qc.core.keyset import Order
from qc.models import ORDER_OF_WORK, Outcome, Purpose, SearchWord, Status, Task
from qc.models.tasks import LEVELS, begins_with
from qc.work import search

QUEUE, STATUS, OUTCOME, PRIORITY, PERSON, LATE, SEARCH, PURPOSE, DETAIL = (
    "queue__id__exact",
    "status__exact",
    "outcome__exact",
    "priority__exact",
    "assignee__id__exact",
    "late",
    "q",
    "purpose",
    "detail",
)
ARRIVED = ("created_at_from", "created_at_to")
COMPLETED = ("completed_at_from", "completed_at_to")
NEWEST = ("-id",)
# In words, by the first of the columns.
WORDS = {
    "-id": _("newest first"),
    "id": _("oldest first"),
    "-created_at": _("newest first"),
    "created_at": _("oldest first"),
    "due_at": _("earliest due first"),
    "-due_at": _("latest due first"),
    "-completed_at": _("last completed first"),
    "-assigned_at": _("last assigned first"),
    "priority": _("most urgent first"),
    "-priority": _("least urgent first"),
    "reference": _("by reference"),
    "-reference": _("by reference, from the end"),
    "-origin_id": _("by the task they follow from"),
}
# What the list can be sorted by, and the columns with which an order by that may begin.
SORTS = {
    "reference": ("reference",),
    "priority": ("priority",),
    "due": ("due_at",),
    "age": ("id", "created_at"),
}
# Those that begin with the largest, as people want it.
FROM_THE_END = {"age"}

Params = Mapping[str, str]


def choose(params: Params) -> Order:
    """Return the order for the parameters of an address. Raise ValueError for bad values."""
    orders = (_searched, _by_outcome, _completed, _of_person, _arrived, _due, _following)
    for order in (*orders, _in_queue, _in_status):
        if found := order(params):
            return found
    if PRIORITY in params:
        return _newest(Q(priority=int(params[PRIORITY])), serves=(PRIORITY,))
    return _newest(Q())


def sorted_by(sort: str, params: Params, usual: Order) -> Order | None:
    """Return the order by a sort, where an index has it; `usual` is the one without.

    `sort` is one of SORTS, with a minus for the other way round.
    """
    name = sort.lstrip("-")
    if name not in SORTS:
        return None
    is_fitting = usual.names[0] in SORTS[name] and usual.pinned is None
    order = usual if is_fitting else _of_all(name, params)
    if order is None or order.columns[0].startswith("-") == sort.startswith("-"):
        return order
    columns = tuple(one[1:] if one.startswith("-") else f"-{one}" for one in order.columns)
    return replace(order, columns=columns, words=WORDS[columns[0]])


def _of_all(name: str, params: Params) -> Order | None:
    """Return the order of all tasks, or those in a status, by a column that an index has."""
    if name == "due" and not params.keys() - {STATUS}:
        statuses = [one for one in Status if params.get(STATUS, one) == one]
        return _order(("due_at", "id"), *(Q(status=one) for one in statuses), serves=(STATUS,))
    columns = {"reference": ("reference",), "priority": ("priority", "id")}.get(name)
    return _order(columns, Q()) if columns and not params else None


def _searched(params: Params) -> Order | None:
    if SEARCH not in params:
        return None
    if search.is_of_references(params[SEARCH]):
        return _order(("reference",), begins_with(params[SEARCH]), serves=(SEARCH,))
    found = search.find(params[SEARCH])
    if found.words:
        having = [Q(word=word) for word in found.words]
        order = _order(NEWEST, *having, serves=(SEARCH,))
        return replace(order, rows=SearchWord.objects.all(), key="id", also=found.also)
    order = _order(NEWEST, Q(pk__in=found.ids), serves=(SEARCH,))
    return replace(order, is_cut=found.is_cut)


def _by_outcome(params: Params) -> Order | None:
    """Return the order of what failed, or passed in part; passed are most, so those of all only."""
    if OUTCOME not in params or PERSON in params:
        return None
    if params[OUTCOME] == Outcome.PASSED and QUEUE in params:
        return None
    condition = Q(outcome=params[OUTCOME]) & in_days("completed_at", params)
    return _order(("-completed_at", "-id"), condition, serves=(OUTCOME, *COMPLETED))


def _completed(params: Params) -> Order | None:
    """Return the order by completion: within some days, of a queue, of a person, or all."""
    is_completed = params.get(STATUS) == Status.COMPLETED
    is_meant = is_completed or OUTCOME in params
    if not is_meant and not any(name in params for name in COMPLETED):
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
    return _order(columns, done, serves=serves)


def _of_person(params: Params) -> Order | None:
    if PERSON not in params:
        return None
    of_person = Q(assignee=int(params[PERSON]))
    held = of_person & Q(completed_at__isnull=True)
    if STATUS in params:  # any but completed: `_completed` comes first
        return _newest(held, serves=(PERSON,))
    completed = of_person & Q(completed_at__isnull=False)
    order = _order(("-completed_at", "-id"), completed, serves=(PERSON,))
    return replace(order, words=_("assigned tasks first, then the last completed"), pinned=held)


def _arrived(params: Params) -> Order | None:
    if not any(name in params for name in ARRIVED):
        return None
    columns = ("-created_at", "-queue_id", "-id")
    return _order(columns, in_days("created_at", params), serves=ARRIVED)


def _due(params: Params) -> Order | None:
    if params.get(LATE) not in LATENESS:
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
    return _order(("due_at", "id"), *ranges, serves=serves)


def _following(params: Params) -> Order | None:
    """Return the order of reworks and reinspections: few tasks follow from another one."""
    if params.get(PURPOSE) not in (Purpose.REWORK, Purpose.REINSPECTION):
        return None
    return _order(("-origin_id", "-id"), Q(origin__isnull=False))


def _in_queue(params: Params) -> Order | None:
    if QUEUE not in params:
        return None
    condition = Q(queue=int(params[QUEUE]))
    if STATUS not in params:
        return _newest(condition, serves=(QUEUE,))
    condition &= Q(status=params[STATUS])
    if PRIORITY in params:
        condition &= Q(priority=int(params[PRIORITY]))
    return _order(ORDER_OF_WORK, condition, serves=(QUEUE, STATUS, PRIORITY))


def _in_status(params: Params) -> Order | None:
    if STATUS not in params:
        return None
    in_status = Q(status=params[STATUS])
    if params[STATUS] == Status.ASSIGNED:
        return _order(("-assigned_at", "-id"), in_status, serves=(STATUS,))
    # Only assigned and completed tasks have a value here: the index has the others by id.
    return _newest(in_status & Q(assigned_at__isnull=True), serves=(STATUS,))


def _newest(condition: Q, serves: Iterable[str] = ()) -> Order:
    return _order(NEWEST, condition, serves=serves)


def _order(columns: tuple[str, ...], *index_ranges: Q, serves: Iterable[str] = ()) -> Order:
    words: Any = WORDS[columns[0]]
    return Order(words, columns, index_ranges, Task.objects.all(), frozenset(serves))
