"""Moments in answers: ISO 8601, in UTC, with Z."""

from datetime import datetime

from qc.core.localization import utc_isoformat


def moment(when: datetime | None) -> str | None:
    """Return a moment in UTC, None where there is none."""
    return None if when is None else utc_isoformat(when)
