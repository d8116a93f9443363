"""Moments as the API writes them."""

from datetime import datetime

from qc.core.localization import utc_isoformat


def moment(value: datetime | None) -> str | None:
    """Return a moment in UTC in ISO 8601, with Z."""
    return None if value is None else utc_isoformat(value)
