"""The addresses of moments of the past, exact and the same for everybody."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from qc.core.localization import utc_isoformat
from qc.history.registry import table_of


def at(moment: datetime) -> str:
    """Return the part of an address that asks for a moment, to the microsecond."""
    return f"?at={utc_isoformat(moment)}"


def after(row: Any) -> str:
    """Return the address of what a history row is about, as it was right after it."""
    return reverse("admin:floor_history_thing", args=[table_of(type(row)), row.id]) + at(
        row.history_date
    )
