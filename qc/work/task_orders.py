"""The order of the list of tasks, which follows from its filters so that an index serves it.

Of several filters, the one that finds the fewest tasks is looked up in its index; the others are
applied to what it finds, as on the page (`qc.admin.tasks.orders`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q

from qc.core.keyset import Order
from qc.models import ORDER_OF_WORK, Outcome, SearchWord, Status, Task
from qc.models.tasks import LEVELS, begins_with
from qc.work import search

NEWEST = ("-id",)
LAST_COMPLETED = ("-completed_at", "-id")
DUE = ("due_after", "due_before")
COMPLETED = ("completed_after", "completed_before")
CREATED = ("created_after", "created_before")
LOOKUPS = {"after": "gte", "before": "lt"}

# The filters by their names, with their values.
Wanted = Mapping[str, Any]


def choose(wanted: Wanted) -> Order:
    """Return the order for some filters."""
    orders = (_by_reference, _searched, _of_person, _by_outcome, _completed, _due, _created)
    for order in (*orders, _in_queue, _in_status):
        if found := order(wanted):
            return found
    if "priority" in wanted:
        return _order(NEWEST, Q(priority=wanted["priority"]), serves=("priority",))
    return _order(NEWEST, Q())


def _by_reference(wanted: Wanted) -> Order | None:
    if "reference" in wanted:
        return _order(("reference",), Q(reference=wanted["reference"]), serves=("reference",))
    if "reference_begins" in wanted:
        condition = begins_with(wanted["reference_begins"])
        return _order(("reference",), condition, serves=("reference_begins",))
    return None


def _searched(wanted: Wanted) -> Order | None:
    if "search" not in wanted:
        return None
    if search.is_of_references(wanted["search"]):
        return _order(("reference",), begins_with(wanted["search"]), serves=("search",))
    found = search.find(wanted["search"])
    if found.words:
        having = [Q(word=word) for word in found.words]
        order = _order(NEWEST, *having, serves=("search",))
        return replace(order, rows=SearchWord.objects.all(), key="id", also=found.also)
    order = _order(NEWEST, Q(pk__in=found.ids), serves=("search",))
    return replace(order, is_cut=found.is_cut)


def _of_person(wanted: Wanted) -> Order | None:
    """Return the order of who holds or has completed tasks; those that they hold come last."""
    if "assignee" not in wanted:
        return None
    theirs = Q(assignee=wanted["assignee"])
    if wanted.get("status", Status.COMPLETED) != Status.COMPLETED:
        return _order(NEWEST, theirs & Q(completed_at__isnull=True), serves=("assignee",))
    theirs &= _span("completed_at", wanted)
    is_completed = wanted.get("status") == Status.COMPLETED
    serves = ["assignee", *COMPLETED, *(["status"] if is_completed else [])]
    theirs &= Q(completed_at__isnull=False) if is_completed else Q()
    return _order(LAST_COMPLETED, theirs, serves=serves)


def _by_outcome(wanted: Wanted) -> Order | None:
    """Return the order by an outcome; of a queue those passed are most, so not by these."""
    if "outcome" not in wanted or (wanted["outcome"] == Outcome.PASSED and "queue" in wanted):
        return None
    condition = Q(outcome=wanted["outcome"]) & _span("completed_at", wanted)
    return _order(LAST_COMPLETED, condition, serves=("outcome", *COMPLETED))


def _completed(wanted: Wanted) -> Order | None:
    is_completed = wanted.get("status") == Status.COMPLETED
    if not (is_completed or "outcome" in wanted or any(name in wanted for name in COMPLETED)):
        return None
    # By a constraint, exactly the completed tasks have a value in this column.
    done = _span("completed_at", wanted) & Q(completed_at__isnull=False)
    serves = [*COMPLETED, *(["status"] if is_completed else [])]
    if "queue" in wanted:
        done &= Q(queue=wanted["queue"])
        return _order(LAST_COMPLETED, done, serves=[*serves, "queue"])
    # The order of the index: tasks completed at the same moment are sorted by their queue.
    return _order(("-completed_at", "-queue_id", "-id"), done, serves=serves)


def _due(wanted: Wanted) -> Order | None:
    """Return the order by due time: a range of the index for each status."""
    if not any(name in wanted for name in DUE):
        return None
    moment = _span("due_at", wanted)
    statuses = [one for one in Status if wanted.get("status", one) == one]
    ranges = [moment & Q(status=one) for one in statuses]
    serves = [*DUE, "status"]
    if "queue" in wanted and "status" in wanted:
        levels = [level for level in LEVELS if wanted.get("priority", level[0]) == level[0]]
        of_levels = [Q(queue=wanted["queue"], priority=p, raised=raised) for p, raised in levels]
        ranges = [one & level for one in ranges for level in of_levels]
        serves += ["queue", "priority"]
    return _order(("due_at", "id"), *ranges, serves=serves)


def _created(wanted: Wanted) -> Order | None:
    if not any(name in wanted for name in CREATED):
        return None
    columns = ("-created_at", "-queue_id", "-id")
    return _order(columns, _span("created_at", wanted), serves=CREATED)


def _in_queue(wanted: Wanted) -> Order | None:
    if "queue" not in wanted:
        return None
    condition = Q(queue=wanted["queue"])
    if "status" not in wanted:
        return _order(NEWEST, condition, serves=("queue",))
    condition &= Q(status=wanted["status"])
    if "priority" in wanted:
        condition &= Q(priority=wanted["priority"])
    return _order(ORDER_OF_WORK, condition, serves=("queue", "status", "priority"))


def _in_status(wanted: Wanted) -> Order | None:
    if "status" not in wanted:
        return None
    in_status = Q(status=wanted["status"])
    if wanted["status"] == Status.ASSIGNED:
        return _order(("-assigned_at", "-id"), in_status, serves=("status",))
    # Only assigned and completed tasks have a value here: the index has the others by id.
    return _order(NEWEST, in_status & Q(assigned_at__isnull=True), serves=("status",))


def _span(column: str, wanted: Wanted) -> Q:
    """Return the condition for a moment from one on, and before another."""
    condition = Q()
    for end, lookup in LOOKUPS.items():
        if (moment := wanted.get(f"{column.removesuffix('_at')}_{end}")) is not None:
            condition &= Q(**{f"{column}__{lookup}": moment})
    return condition


def _order(columns: tuple[str, ...], *index_ranges: Q, serves: Iterable[str] = ()) -> Order:
    return Order("", columns, index_ranges, Task.objects.all(), frozenset(serves))
