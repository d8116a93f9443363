"""The order of a list of tasks, which follows from its filters so that an index serves it.

Each filter has its index (`Task.Meta.indexes`). Of several filters, the one that finds the fewest
tasks is looked up there, and the others are applied to what it finds. The pages and the API have
names of their own for the filters, and translate them to a `TaskQuery`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Q

from qc.core.keyset import Order
from qc.models import ORDER_OF_WORK, Outcome, Purpose, Queue, SearchWord, Status, Task, User
from qc.models.tasks import LEVELS, begins_with
from qc.work import search

NEWEST = ("-id",)
LAST_COMPLETED = ("-completed_at", "-id")


@dataclass(frozen=True)
class TaskQuery:
    """The filters of a list of tasks; None for those that it does not have.

    `due`, `completed` and `created` are conditions of these moments. With `is_live` only unfinished
    tasks are wanted. With `pins_held` what the assignee holds is above the first page; otherwise it
    comes last, as a cursor needs one order.
    """

    reference: str | None = None
    reference_begins: str | None = None
    search: str | None = None
    assignee: User | int | None = None
    outcome: str | None = None
    status: str | None = None
    queue: Queue | int | None = None
    priority: int | None = None
    purpose: str | None = None
    completed: Q | None = None
    created: Q | None = None
    due: Q | None = None
    is_live: bool = False
    pins_held: bool = False


def choose(query: TaskQuery) -> Order:
    """Return the order for some filters; it serves fields of the query."""
    orders = (_by_reference, _searched, _of_person, _by_outcome, _completed, _due, _created)
    for order in (*orders, _following, _in_queue, _in_status):
        if found := order(query):
            return found
    if query.priority is not None:
        return _order(NEWEST, Q(priority=query.priority), serves=("priority",))
    return _order(NEWEST, Q())


def by_due(query: TaskQuery) -> Order:
    """Return the order by due time: a range of the index for each status.

    The index of a queue has one for each status, priority and number of raises.
    """
    moment, statuses = query.due or Q(), Task.LIVE if query.is_live else tuple(Status)
    ranges = [moment & Q(status=one) for one in statuses if query.status in (None, one)]
    serves = ["due", "status"]
    # For all statuses these would be too many.
    if query.queue is not None and (query.is_live or query.status is not None):
        levels = [
            Q(queue=query.queue, priority=priority, raised=raised)
            for priority, raised in LEVELS
            if query.priority in (None, priority)
        ]
        ranges = [one & level for one in ranges for level in levels]
        serves += ["queue", "priority"]
    return _order(("due_at", "id"), *ranges, serves=serves)


def _by_reference(query: TaskQuery) -> Order | None:
    if query.reference is not None:
        return _order(("reference",), Q(reference=query.reference), serves=("reference",))
    if query.reference_begins is not None:
        condition = begins_with(query.reference_begins)
        return _order(("reference",), condition, serves=("reference_begins",))
    return None


def _searched(query: TaskQuery) -> Order | None:
    if query.search is None:
        return None
    if search.is_of_references(query.search):
        return _order(("reference",), begins_with(query.search), serves=("search",))
    found = search.find(query.search)
    if found.words:
        having = [Q(word=word) for word in found.words]
        order = _order(NEWEST, *having, serves=("search",))
        return replace(order, rows=SearchWord.objects.all(), key="id", also=found.also)
    order = _order(NEWEST, Q(pk__in=found.ids), serves=("search",))
    return replace(order, is_cut=found.is_cut)


def _of_person(query: TaskQuery) -> Order | None:
    """Return the order of who holds tasks, or of who holds or has completed them."""
    if query.assignee is None:
        return None
    of_person = Q(assignee=query.assignee)
    held = of_person & Q(completed_at__isnull=True)
    if query.status not in (None, Status.COMPLETED):
        return _order(NEWEST, held, serves=("assignee",))
    if _is_of_completed(query):
        return None
    if query.pins_held:
        completed = of_person & Q(completed_at__isnull=False)
        return replace(_order(LAST_COMPLETED, completed, serves=("assignee",)), pinned=held)
    return _order(LAST_COMPLETED, of_person, serves=("assignee",))


def _by_outcome(query: TaskQuery) -> Order | None:
    """Return the order of what failed, or passed in part; passed are most, so those of all only."""
    if query.outcome is None or query.assignee is not None:
        return None
    if query.outcome == Outcome.PASSED and query.queue is not None:
        return None
    condition = Q(outcome=query.outcome) & (query.completed or Q())
    return _order(LAST_COMPLETED, condition, serves=("outcome", "completed"))


def _completed(query: TaskQuery) -> Order | None:
    """Return the order by completion: within a span, of a person, of a queue, or all."""
    if not _is_of_completed(query):
        return None
    # By a constraint, exactly the completed tasks have a value in this column.
    done = (query.completed or Q()) & Q(completed_at__isnull=False)
    serves = ["completed", *(["status"] if query.status == Status.COMPLETED else [])]
    for name in ("assignee", "queue"):
        if (value := getattr(query, name)) is not None:
            return _order(LAST_COMPLETED, done & Q(**{name: value}), serves=[*serves, name])
    # The order of the index: tasks completed at the same moment are sorted by their queue.
    return _order(("-completed_at", "-queue_id", "-id"), done, serves=serves)


def _is_of_completed(query: TaskQuery) -> bool:
    is_implied = query.outcome is not None or query.completed is not None
    return is_implied or query.status == Status.COMPLETED


def _due(query: TaskQuery) -> Order | None:
    # Of the unfinished tasks fewer have arrived within a span than are late or in time.
    is_created_better = query.is_live and query.created is not None
    return None if query.due is None or is_created_better else by_due(query)


def _created(query: TaskQuery) -> Order | None:
    if query.created is None:
        return None
    return _order(("-created_at", "-queue_id", "-id"), query.created, serves=("created",))


def _following(query: TaskQuery) -> Order | None:
    """Return the order of reworks and reinspections: few tasks follow from another one."""
    if query.purpose not in (Purpose.REWORK, Purpose.REINSPECTION):
        return None
    return _order(("-origin_id", "-id"), Q(origin__isnull=False))


def _in_queue(query: TaskQuery) -> Order | None:
    if query.queue is None:
        return None
    condition = Q(queue=query.queue)
    if query.status is None:
        return _order(NEWEST, condition, serves=("queue",))
    condition &= Q(status=query.status)
    if query.priority is not None:
        condition &= Q(priority=query.priority)
    return _order(ORDER_OF_WORK, condition, serves=("queue", "status", "priority"))


def _in_status(query: TaskQuery) -> Order | None:
    if query.status is None:
        return None
    in_status = Q(status=query.status)
    if query.status == Status.ASSIGNED:
        return _order(("-assigned_at", "-id"), in_status, serves=("status",))
    # Only assigned and completed tasks have a value here: the index has the others by id.
    return _order(NEWEST, in_status & Q(assigned_at__isnull=True), serves=("status",))


def _order(columns: tuple[str, ...], *index_ranges: Q, serves: Iterable[str] = ()) -> Order:
    return Order(columns, index_ranges, Task.objects.all(), frozenset(serves))
