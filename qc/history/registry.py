"""Which tables hold history, and where in them a span of time is."""

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
# Ids and moments rise together but for what is written within the same instant: so many rows at
# either end of a span are looked at to find the ids of all that is in it.
NEIGHBOURS = 20


def table_of(rows: type[Model]) -> str:
    """Return what a table of history is called in the trail."""
    return next(table for table, model in TABLES.items() if model is rows)


def ids_of_span(table: type[Model], since: datetime | None, until: datetime | None) -> Q | None:
    """Return the ids between which all history rows of a span are; None where there are none.

    With it an index by anything else finds those of the span: its rows are in order of their ids.
    """
    rows: Any = table._default_manager.order_by()
    span = Q()
    if since:
        first = rows.filter(history_date__gte=since).order_by("history_date", "history_id")
        ids = list(first.values_list("history_id", flat=True)[:NEIGHBOURS])
        if not ids:
            return None
        span &= Q(history_id__gte=min(ids))
    if until:
        last = rows.filter(history_date__lt=until).order_by("-history_date", "-history_id")
        ids = list(last.values_list("history_id", flat=True)[:NEIGHBOURS])
        if not ids:
            return None
        span &= Q(history_id__lte=max(ids))
    return span
