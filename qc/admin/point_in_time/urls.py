"""The addresses of past moments, exact and the same for everybody."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from qc.core.localization import utc_isoformat
from qc.history.registry import table_of


def at(moment: datetime) -> str:
    """Return the part of an address that asks for a moment, to the microsecond."""
    return f"?at={utc_isoformat(moment)}"


def both(moment: datetime, other: datetime | None) -> str:
    """Return the part of an address that asks for a moment and, if given, another beside it."""
    return at(moment) + (f"&with-at={utc_isoformat(other)}" if other else "")


def after(row: Any) -> str:
    """Return the address of a history row's object as it was right after that row."""
    args = [table_of(type(row)), row.id]
    return reverse("admin:floor_history_thing", args=args) + at(row.history_date)
