"""Reads when something is due, in the spellings that people and programs use.

Days come before months. But 03/04/2026 is refused, with both readings: half of the world reads it
one way and half the other, and a deadline that is wrong by months is found too late.
"""

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from qc.models.due_times import check_due

# A date without a time means: by the end of that day.
END_OF_DAY = time(23, 59)
# Workbooks count days from here; SERIAL matches the numbers of days in this century.
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001
SERIAL = re.compile(r"(3[6-9]|[4-6]\d|7[0-2])\d{3}(\.\d+)?")

NAMES_OF_MONTHS = """jan january januar jän jänner, feb february februar, mar march mär märz mrz,
    apr april, may mai, jun june juni, jul july juli, aug august, sep sept september,
    oct october okt oktober, nov november, dec december dez dezember"""
MONTHS = {
    name: month
    for month, names in enumerate(NAMES_OF_MONTHS.split(","), start=1)
    for name in names.split()
}
DAYS = (
    re.compile(r"(?P<year>\d{4})(?P<between>[-/.])(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4}|\d\d)"),
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[. /-]*(?P<name>[a-zä]+)[. ,/-]*(?P<year>\d{4})"),
    re.compile(r"(?P<name>[a-zä]+)[. ]*(?P<day>\d{1,2})(?:st|nd|rd|th)?[ ,]+(?P<year>\d{4})"),
)
EITHER_FIRST = re.compile(r"(\d{1,2})(?P<between>[/-])(\d{1,2})(?P=between)(\d{4})")
CLOCK = re.compile(
    r"""(?P<day>.*?[^t, ]) [t, ]+
    (?P<hour>\d{1,2}) (?: :(?P<minute>\d\d) (?: :(?P<second>\d\d) (?:\.\d+)? )? )?
    [ ]?(?P<half>[ap]\.?m\.?|uhr)?""",
    re.VERBOSE,
)


def due(cell: str) -> datetime:
    """Return the moment that a cell means.

    Raises ValueError or ValidationError with what is allowed.
    """
    moment = _moment(" ".join(cell.split()))
    if moment is None:
        raise ValueError(
            _("Enter a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.")
        )
    check_due(moment)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _moment(cell: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.combine(date.fromisoformat(cell), END_OF_DAY)
    with suppress(ValueError):
        if moment := parse_datetime(cell):
            return moment
    if SERIAL.fullmatch(cell):
        moment = DAY_ZERO + timedelta(seconds=round(float(cell) * 24 * 3600))
        return datetime.combine(moment, END_OF_DAY) if float(cell).is_integer() else moment
    return _spelled(cell.casefold())


def _spelled(cell: str) -> datetime | None:
    if day := _day(cell):
        return datetime.combine(day, END_OF_DAY)
    found = CLOCK.fullmatch(cell)
    if found and (day := _day(found["day"])) and (clock := _clock(found)):
        return datetime.combine(day, clock)
    return None


def _day(text: str) -> date | None:
    if found := EITHER_FIRST.fullmatch(text):
        return _either_first(*(int(found[group]) for group in (1, 3, 4)))
    for pattern in DAYS:
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            month = parts.get("month") or MONTHS.get(parts.get("name") or "", 0)
            year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
            return _date(year, int(month), int(parts["day"]))
    return None


def _either_first(first: int, second: int, year: int) -> date | None:
    one, other = _date(year, second, first), _date(year, first, second)
    if one and other and one != other:
        words = {"one": one.isoformat(), "other": other.isoformat()}
        raise ValueError(_("This could mean %(one)s or %(other)s. Write one of these.") % words)
    return one or other


def _date(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day)
    return None


def _clock(found: re.Match[str]) -> time | None:
    hour, half = int(found["hour"]), (found["half"] or "")[:1]
    if not (found["minute"] or half) or (half in ("a", "p") and not 1 <= hour <= 12):
        return None
    if half in ("a", "p"):
        hour = hour % 12 + (12 if half == "p" else 0)
    with suppress(ValueError):
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    return None
