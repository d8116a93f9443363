"""Days as the clock on the wall has them, for databases that know no time zones.

MariaDB has only those that somebody has loaded into it: so it is told how far our clocks are from
UTC, which it can reckon with.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, DateField, DateTimeField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

A_DAY = timedelta(days=1)


def beginning(day: date) -> datetime:
    """Return the moment at which a day begins here."""
    return datetime.combine(day, time(), timezone.get_current_timezone())


def within(moment: str, first: date, last: date) -> Q:
    """Return the condition for a moment from one day to another, both included."""
    begin, end = beginning(first), beginning(last + A_DAY)
    return Q(**{f"{moment}__gte": begin, f"{moment}__lt": end})


def each(first: date, last: date) -> Iterator[date]:
    """Return the days from one to another, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def day_of(moment: str, first: date, last: date) -> Any:
    """Return the day on which a moment lies that is `within` these days.

    Between two changes of the clock all days are alike: reckoned from UTC by one distance. A day
    on which the clock is changed is known by its two ends.
    """
    whens = []
    for distance, until in _stretches(first, last):
        # Said to be a day: for MariaDB it would be a text, and all others with it.
        that_day = Cast(Value(until), DateField())
        then = that_day if distance is None else _shifted(moment, distance)
        whens.append(When(**{f"{moment}__lt": beginning(until + A_DAY), "then": then}))
    return Case(*whens, output_field=DateField())


def _stretches(first: date, last: date) -> list[tuple[timedelta | None, date]]:
    """Return the days put together by their distance from UTC, each stretch with its last day.

    A day that has not 24 hours stands by itself, with None.
    """
    stretches: list[tuple[timedelta | None, date]] = []
    for day in each(first, last):
        distance = _distance(day)
        if distance is not None and stretches and stretches[-1][0] == distance:
            stretches.pop()
        stretches.append((distance, day))
    return stretches


def _distance(day: date) -> timedelta | None:
    begin, end = beginning(day), beginning(day + A_DAY)
    is_plain = end.astimezone(UTC) - begin.astimezone(UTC) == A_DAY
    return begin.utcoffset() if is_plain else None


def _shifted(moment: str, distance: timedelta) -> TruncDate:
    here = ExpressionWrapper(F(moment) + Value(distance), output_field=DateTimeField())
    return TruncDate(here, tzinfo=UTC)
