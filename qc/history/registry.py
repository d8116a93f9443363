"""The tables of history by name, and the ids of their rows in a span of time."""

from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from qc.models import AuditEvent, Queue, Task, User

TABLES: dict[str, Any] = {
    "task": Task.history.model,
    "person": User.history.model,
    "queue": Queue.history.model,
    "event": AuditEvent,
}
# Ids and moments rise together, except for rows that are written at the same time: so this many
# rows at either end of a span are read to find the ids of all its rows.
NEIGHBOURS = 20


def table_of(rows: type[Model]) -> str:
    """Return the name of a table of history."""
    return next(table for table, model in TABLES.items() if model is rows)


def ids_of_span(table: type[Model], since: datetime | None, until: datetime | None) -> Q | None:
    """Return a condition on ids that all rows of a span of time meet; None if it has no rows.

    With it an index by any other column finds the rows of the span, as it ends in their ids.
    """
    rows: Any = table._default_manager.order_by().values_list("history_id", flat=True)
    span = Q()
    if since:
        first = rows.filter(history_date__gte=since).order_by("history_date", "history_id")
        if not (ids := list(first[:NEIGHBOURS])):
            return None
        span &= Q(history_id__gte=min(ids))
    if until:
        last = rows.filter(history_date__lt=until).order_by("-history_date", "-history_id")
        if not (ids := list(last[:NEIGHBOURS])):
            return None
        span &= Q(history_id__lte=max(ids))
    return span
