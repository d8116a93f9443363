"""The tables of history by name, and the ids of their rows in a span of time."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Model, Q

from qc.models import AuditEvent, Queue, Task, User

TABLES: dict[str, Any] = {
    "task": Task.history.model,
    "person": User.history.model,
    "queue": Queue.history.model,
    "event": AuditEvent,
}
# Ids rise in the order in which rows are written: each at most so long after its moment, or before
# it, where the clocks of two machines differ.
LAG = timedelta(minutes=1)


def table_of(rows: type[Model]) -> str:
    """Return the name of a table of history."""
    return next(table for table, model in TABLES.items() if model is rows)


def ids_of_span(table: type[Model], since: datetime | None, until: datetime | None) -> Q | None:
    """Return a condition on ids that all rows of a span of time meet; None if it has no rows.

    With it an index by any other column finds the rows of the span, as it ends in their ids.
    """
    rows: Any = table._default_manager.order_by()
    span = Q()
    if since:
        first = lowest_id(rows, rows.filter(history_date__gte=since))
        if first is None:
            return None
        span &= Q(history_id__gte=first)
    if until:
        last = highest_id(rows, rows.filter(history_date__lt=until))
        if last is None:
            return None
        span &= Q(history_id__lte=last)
    return span


def lowest_id(rows: Any, later: Any) -> int | None:
    """Return the lowest id of all rows later than a moment; None if there are none.

    It is found within LAG of the first of them. A later row with a lower id would have been written
    before the first one, and so more than LAG before its own moment.
    """
    at = later.aggregate(at=Min("history_date"))["at"]
    return at and _id(rows, Min, at, at + LAG)


def highest_id(rows: Any, earlier: Any) -> int | None:
    """Return the highest id of all rows earlier than a moment; None if there are none."""
    at = earlier.aggregate(at=Max("history_date"))["at"]
    return at and _id(rows, Max, at - LAG, at)


def _id(rows: Any, edge: type[Min | Max], since: datetime, until: datetime) -> int:
    found = rows.filter(history_date__range=(since, until)).aggregate(id=edge("history_id"))
    return int(found["id"])
