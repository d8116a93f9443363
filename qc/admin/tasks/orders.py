"""The order of the task list: that of its filters, or another one that somebody has chosen.

Of the filters `qc.work.task_orders` makes an order. Somebody may choose another one where an index
has the tasks of the filters in that one too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qc.admin.tasks.filters import LATENESS, due, in_days
from qc.core.keyset import Order
from qc.models import Task
from qc.work import task_orders
from qc.work.task_orders import TaskQuery

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
NUMBERS = (QUEUE, PRIORITY, PERSON)
# By the parameters, the fields of a `TaskQuery` that they fill.
FIELDS = {
    QUEUE: "queue",
    STATUS: "status",
    OUTCOME: "outcome",
    PRIORITY: "priority",
    PERSON: "assignee",
    LATE: "due",
    SEARCH: "search",
    PURPOSE: "purpose",
    **dict.fromkeys(ARRIVED, "created"),
    **dict.fromkeys(COMPLETED, "completed"),
}
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
    values: dict[str, Any] = {FIELDS[name]: params[name] for name in FIELDS if name in params}
    values |= {FIELDS[name]: int(params[name]) for name in NUMBERS if name in params}
    for field in {"created", "completed"} & values.keys():
        values[field] = in_days(f"{field}_at", params)
    late = values.pop("due", "")
    if late in LATENESS:
        values |= {"due": due(late), "is_live": True}
    return task_orders.choose(TaskQuery(**values, pins_held=True))


def is_served(order: Order, params: Params) -> bool:
    """Return whether an order finds exactly the tasks of these parameters."""
    return order.serves.issuperset(map(FIELDS.get, params)) and not order.also


def words_of(order: Order) -> Any:
    """Return an order in words."""
    if order.pinned is not None:
        return _("assigned tasks first, then the last completed")
    return WORDS[order.columns[0]]


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
    return replace(order, columns=columns)


def _of_all(name: str, params: Params) -> Order | None:
    """Return the order of all tasks, or those in a status, by a column that an index has."""
    if name == "due" and not params.keys() - {STATUS}:
        return task_orders.by_due(TaskQuery(due=Q(), status=params.get(STATUS)))
    columns = {"reference": ("reference",), "priority": ("priority", "id")}.get(name)
    return Order(columns, (Q(),), Task.objects.all()) if columns and not params else None
