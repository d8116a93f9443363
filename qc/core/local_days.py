"""Local days, for databases that know no time zones.

MariaDB knows only those that were loaded into it. So conditions compare with the moments at which
local days begin, and expressions shift by the offset of the local clock from UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, DateField, DateTimeField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

A_DAY = timedelta(days=1)
# Nothing lies beyond, and every local calendar and database can go there.
YEARS = range(1900, 3000)


def beginning(day: date) -> datetime:
    """Return the moment at which a day begins here; that of a day in YEARS for others."""
    day = min(max(day, date(YEARS[0], 1, 1)), date(YEARS[-1], 12, 31))
    return datetime.combine(day, time(), timezone.get_current_timezone())


def end(day: date) -> datetime:
    """Return the moment at which a day ends here, and the next one begins."""
    return beginning(day) + A_DAY


def within(column: str, first: date | None, last: date | None) -> Q:
    """Return the condition that a moment is in some days, both included; None is no limit."""
    since = Q(**{f"{column}__gte": beginning(first)}) if first else Q()
    return since & Q(**{f"{column}__lt": end(last)}) if last else since


def each(first: date, last: date) -> Iterator[date]:
    """Yield the days from one to another, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def day_of(column: str, first: date, last: date) -> Any:
    """Return an expression for the day of a moment that is `within` these days.

    Between two changes of the clock every day is computed from UTC by the same offset. A day on
    which the clock changes is recognised by its beginning and its end.
    """
    offsets = _offsets(first, last)
    if len(offsets) == 1 and offsets[0][0] is not None:
        return _shifted(column, offsets[0][0])
    whens = []
    for offset, until in offsets:
        # Cast, because MariaDB would take this value for text, and the whole CASE too.
        day = Cast(Value(until), DateField()) if offset is None else _shifted(column, offset)
        whens.append(When(**{f"{column}__lt": end(until), "then": day}))
    return Case(*whens, output_field=DateField())


def _offsets(first: date, last: date) -> list[tuple[timedelta | None, date]]:
    """Return the offsets from UTC of these days in turn, each with the last day that has it.

    A day that does not have 24 hours is alone, with None.
    """
    offsets: list[tuple[timedelta | None, date]] = []
    for day in each(first, last):
        offset = _offset(day)
        if offset is not None and offsets and offsets[-1][0] == offset:
            offsets.pop()
        offsets.append((offset, day))
    return offsets


def _offset(day: date) -> timedelta | None:
    has_24_hours = end(day).astimezone(UTC) - beginning(day).astimezone(UTC) == A_DAY
    return beginning(day).utcoffset() if has_24_hours else None


def _shifted(column: str, offset: timedelta) -> TruncDate:
    local = ExpressionWrapper(F(column) + Value(offset), output_field=DateTimeField())
    return TruncDate(local, tzinfo=UTC)
