"""The tables of history by name, and the ids of their rows in a span of time."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Max, Min, Model, Q, Value
from django.utils import timezone

from qc.core.compiled_queries import Key, Prepared
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

    With it an index by any other column finds the rows of the span, as it ends in their ids. It
    does not leave out all others: the condition on moments is needed besides.
    """
    span = Q()
    if since:
        first = lowest_id(table, "gte", since)
        if first is None:
            return None
        span &= Q(history_id__gte=first)
    if until and until < timezone.now():
        last = highest_id(table, "lt", until)
        if last is None:
            return None
        span &= Q(history_id__lte=last)
    return span


def lowest_id(table: type[Model], later: str, moment: datetime) -> int | None:
    """Return the lowest id of all rows later than a moment (gt or gte); None if there are none.

    It is found within LAG of the first of them. A later row with a lower id would have been written
    before the first one, and so more than LAG before its own moment.
    """
    moments, ids = _edges(table, Min, later)
    ((first,),) = moments.items(moment)
    return None if first is None else int(ids.first(first, first + LAG)[0])


def highest_id(table: type[Model], earlier: str, moment: datetime) -> int | None:
    """Return the highest id of all rows earlier than a moment (lt or lte); None without any."""
    moments, ids = _edges(table, Max, earlier)
    ((last,),) = moments.items(moment)
    return None if last is None else int(ids.first(last - LAG, last)[0])


@cache
def _edges(table: type[Model], edge: type[Min | Max], lookup: str) -> tuple[Prepared, Prepared]:
    """Return what reads the edge of all moments beyond one, and of all ids from one to another."""
    all_rows = table._default_manager.order_by().values(all=Value(1))

    def moments(moment: Key) -> Any:
        rows = all_rows.filter(**{f"history_date__{lookup}": moment})
        return rows.annotate(edge=edge("history_date")).values_list("edge")

    def ids(since: Key, until: Key) -> Any:
        rows = all_rows.filter(history_date__range=(since, until))
        return rows.annotate(edge=edge("history_id")).values_list("edge")

    return Prepared(moments), Prepared(ids)
