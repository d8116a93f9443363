"""Reads pages of tasks: by their filters, or those that have changed since a moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from qc import permissions
from qc.api.v1.lists import no_cursor
from qc.core.compiled_queries import LARGEST_ID
from qc.core.keyset import SEPARATOR, Key, KeysetPage, Order, Position, decode_key, paginate
from qc.history import registry
from qc.models import Task, User
from qc.work import search, task_orders
from qc.work.task_orders import TaskQuery

# Whoever asks next asks for what is so much older, too: a change gets its place before its
# transaction commits, and the clocks of two machines differ.
OVERLAP = timedelta(minutes=2)

Wanted = Mapping[str, Any]

# The ends of spans among the filters: each with its field of a `TaskQuery`, and its lookup.
SPANS = {
    f"{field}_{end}": (field, f"{field}_at__{lookup}")
    for field in ("due", "completed", "created")
    for end, lookup in (("after", "gte"), ("before", "lt"))
}


class TaskPage(NamedTuple):
    """Tasks, and where the next page begins; of changes, the moment since which to ask next."""

    tasks: list[Task]
    older: Key | str | None
    until: datetime | None = None


def page(
    tasks: QuerySet[Task], wanted: Wanted, by: User, cursor: str | None, size: int
) -> TaskPage:
    """Return a page of those `tasks` that this user may read, and where the next one begins.

    Managers and auditors read all, others those that they hold. `tasks` has all filters but the
    search. Raises ValidationError for a cursor of another list.
    """
    is_all = permissions.is_auditor(by)
    values = _values(wanted)
    order = task_orders.choose(TaskQuery(**values)) if is_all else _held_by(by)
    if "search" in wanted and "search" not in order.serves:
        tasks = search.narrow(tasks, wanted["search"])
    key = None if cursor is None else decode_key(order, cursor)
    if cursor is not None and key is None:
        raise no_cursor()
    exact = is_all and order.serves.issuperset(values) and not order.also
    found: KeysetPage = paginate(
        order, tasks.filter(order.also or Q()), size, Position(key), exact=exact
    )
    return TaskPage(found.rows, found.older)


def updated(
    tasks: QuerySet[Task], wanted: Wanted, by: User, cursor: str | None, size: int
) -> TaskPage:
    """Return the tasks of the next rows of history since a moment, and where to go on.

    In the order in which they were changed, each once on a page; one that is changed meanwhile
    comes again on a later one. After the last row there is nowhere to go on. What commits
    meanwhile is found by who asks next for what has changed since `until`, which the cursor has.
    """
    rows = Task.history.model
    if cursor is None:
        after, begun = _before(wanted["updated_since"]), int(timezone.now().timestamp())
    else:
        after, begun = map(int, cursor.split(SEPARATOR))
    walk = rows.objects.filter(history_id__gt=after).order_by("history_id")
    walked = list(walk.values_list("history_id", "id")[: size + 1])
    last = f"{walked[size - 1][0]}{SEPARATOR}{begun}" if len(walked) > size else None
    ids = dict.fromkeys(pk for _row, pk in walked[:size])
    if not permissions.is_auditor(by):
        tasks = tasks.filter(_held(by))
    if "search" in wanted:
        tasks = search.narrow(tasks, wanted["search"])
    by_id = {task.pk: task for task in tasks.filter(pk__in=ids)}
    until = datetime.fromtimestamp(begun, UTC) - OVERLAP
    return TaskPage([by_id[pk] for pk in ids if pk in by_id], last, until)


def _before(moment: datetime) -> int:
    """Return the id after which the rows of history since a moment come."""
    first = registry.lowest_id(Task.history.model, "gte", moment)
    return LARGEST_ID if first is None else first - 1


def _values(wanted: Wanted) -> dict[str, Any]:
    """Return the filters as fields of a `TaskQuery`."""
    values: dict[str, Any] = {}
    for name, value in wanted.items():
        field, lookup = SPANS.get(name, (name, ""))
        values[field] = values.get(field, Q()) & Q((lookup, value)) if lookup else value
    return values


def _held(by: User) -> Q:
    return Q(assignee=by, slot__isnull=False)


def _held_by(by: User) -> Order:
    """Return the order of the few tasks that somebody holds."""
    return Order(task_orders.NEWEST, (_held(by),), Task.objects.all())
