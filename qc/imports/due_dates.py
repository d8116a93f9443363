"""Reads when something is due, in the spellings that people and programs use.

Whether 03/04/2026 is in March or in April depends on its column: a row with a day above 12 proves
the order for all of them. Without such a row somebody has to choose it, as half of the world reads
it one way and half the other, and a deadline that is wrong by months is found too late.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from qc.core.localization import moments
from qc.imports.reading import Undecided
from qc.models.due_times import check_due

# A date without a time means: by the end of that day.
END_OF_DAY = time(23, 59)
# Years of two digits are those from 1970 to 2069.
FIRST_YEAR = 1970
# Two-digit years from here on are likelier than those before.
FIRST_PLAUSIBLE = 20
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
YEAR = r"(?P<year>\d{4}|\d\d)"
NAMED = (
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[. /-]*(?P<name>[a-zä]+)[. ,/-]*{YEAR}"),
    re.compile(rf"(?P<name>[a-zä]+)[. /-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,/-]+{YEAR}"),
)
DAYS = (
    re.compile(r"(?P<year>\d{4})(?P<between>[-/.])(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})"),
    re.compile(rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?{YEAR}"),
    *NAMED,
)
EITHER_FIRST = re.compile(rf"(\d{{1,2}})(?P<between>[/-])(\d{{1,2}})(?P=between){YEAR}")
# The same before a time: only the order matters.
ORDERED = re.compile(rf"{EITHER_FIRST.pattern}(?![\d/-])")
# Days of the week say nothing that the date does not say.
WEEKDAY = re.compile(
    r"""\A(?:(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?|mo|di|mi|do|fr|sa|so
    |montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)[.,]*[ ]""",
    re.VERBOSE | re.IGNORECASE,
)
CLOCK = re.compile(
    r"""(?P<day>.*?[^t, ]) [t, ]+ (?:(?:at|um)[ ])?
    (?P<hour>\d{1,2}) (?: [:.](?P<minute>\d\d) (?: [:.](?P<second>\d\d) (?:\.\d+)? )? )?
    [ ]?(?P<half>[ap]\.?m\.?|uhr)?""",
    re.VERBOSE,
)

Order = Literal["day", "month", "either"]


def order(cell: str) -> Order | None:
    """Return what a cell proves to be first, or that it could be either; None for neither.

    The same day and month, as in 05/05/2026, is read the same either way.
    """
    found = ORDERED.match(_without_weekday(cell.strip()))
    if not found or _may_be_year_first(found):
        return None
    first, second = int(found[1]), int(found[3])
    if first == second or min(first, second) == 0 or min(first, second) > 12:
        return None
    if max(first, second) <= 12:
        return "either"
    return "day" if first > 12 else "month"


class DueDates:
    """Reads the due dates of one column.

    `day_first` is the order of its days and months, None while that is unknown. `proofs` has the
    first row and cell of each order, where rows prove one.
    """

    def __init__(
        self, day_first: bool | None = None, proofs: Mapping[str, tuple[int, str]] | None = None
    ) -> None:
        self.day_first = day_first
        self.proofs = proofs or {}

    def read(self, cell: str) -> datetime:
        """Return the moment that a cell means, by the clocks of the current zone.

        Raises ValueError or ValidationError with what is allowed, Undecided.
        """
        cell = _without_weekday(" ".join(cell.split()))
        self._check_order(cell)
        moment = _moment(cell, self.day_first is not False)
        if moment is None:
            raise ValueError(
                _("Enter a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.")
            )
        check_due(moment)
        return moment if timezone.is_aware(moment) else _by_clocks_here(moment)

    def _check_order(self, cell: str) -> None:
        """Raise ValueError for an order that is not the column's."""
        proven = order(cell)
        if proven is None or (self.day_first is not None and proven == "either"):
            return
        if self.day_first is None:
            if not self.is_contradictory:
                raise Undecided
            day, month = self.proofs["day"], self.proofs["month"]
            message = _(
                "In row %(day)d the day is first (%(day_cell)s), in row %(month)d the month "
                "(%(month_cell)s). Write all dates of this column in one order."
            )
            words = {"day": day[0], "day_cell": day[1], "month": month[0], "month_cell": month[1]}
            raise ValueError(message % words)
        if self.day_first != (proven == "day"):
            raise ValueError(self._against_order())

    @property
    def is_contradictory(self) -> bool:
        """Whether rows prove both orders."""
        return "day" in self.proofs and "month" in self.proofs

    def _against_order(self) -> str:
        if proof := self.proofs.get("day" if self.day_first else "month"):
            words = {"row": proof[0], "cell": proof[1]}
            if self.day_first:
                return _("The month is first here, but the day in row %(row)d (%(cell)s).") % words
            return _("The day is first here, but the month in row %(row)d (%(cell)s).") % words
        if self.day_first:
            return _("The month is first here; this column is read with the day first.")
        return _("The day is first here; this column is read with the month first.")


def _without_weekday(cell: str) -> str:
    return WEEKDAY.sub("", cell, count=1) if cell[:1].isalpha() else cell


def _by_clocks_here(shown: datetime) -> datetime:
    """Return the moment at which clocks here show this. Raises ValueError for none or two."""
    found = moments(shown)
    if len(found) == 1 or (found and shown.time() == END_OF_DAY):
        return found[-1]
    words = {
        "time": shown.isoformat(" ", "minutes"),
        "zone": timezone.get_current_timezone_name(),
    }
    if not found:
        raise ValueError(_("%(time)s does not exist in %(zone)s: the clocks change.") % words)
    here = [timezone.localtime(one).isoformat(" ", "minutes") for one in found]
    message = _("%(time)s exists twice in %(zone)s. Write %(one)s or %(other)s.")
    raise ValueError(message % (words | {"one": here[0], "other": here[1]}))


def _moment(cell: str, day_first: bool) -> datetime | None:
    with suppress(ValueError):
        return datetime.combine(date.fromisoformat(cell), END_OF_DAY)
    with suppress(ValueError):
        if moment := parse_datetime(cell):
            return moment
    if SERIAL.fullmatch(cell):
        moment = DAY_ZERO + timedelta(seconds=round(float(cell) * 24 * 3600))
        return datetime.combine(moment, END_OF_DAY) if float(cell).is_integer() else moment
    return _spelled(cell.casefold(), day_first)


def _spelled(cell: str, day_first: bool) -> datetime | None:
    if day := _day(cell, day_first):
        return datetime.combine(day, END_OF_DAY)
    found = CLOCK.fullmatch(cell)
    day = _day(found["day"], day_first) if found else None
    since_midnight = _clock(found) if found else None
    if day is None or since_midnight is None:
        return None
    return datetime.combine(day, time()) + since_midnight


def _day(text: str, day_first: bool) -> date | None:
    if found := EITHER_FIRST.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        if _may_be_year_first(found):
            return None
        day, month = (first, second) if day_first else (second, first)
        return _date(_year(found), month, day)
    for pattern in DAYS:
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            month = MONTHS.get(parts["name"], 0) if "name" in parts else int(parts["month"])
            return _date(_year(found), month, int(parts["day"]))
    return None


def _may_be_year_first(found: re.Match[str]) -> bool:
    """Return whether a date is like 27-01-14, which is rather in January 2027 than in 2014."""
    return found["between"] == "-" and int(found[1]) >= FIRST_PLAUSIBLE > int(found["year"])


def _year(found: re.Match[str]) -> int:
    year = int(found["year"])
    if len(found["year"]) == 4:
        return year
    return year + (1900 if year >= FIRST_YEAR % 100 else 2000)


def _date(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day)
    return None


def _clock(found: re.Match[str]) -> timedelta | None:
    """Return a time as what has passed since midnight; 24:00 is the end of the day."""
    hour, half = int(found["hour"]), (found["half"] or "")[:1]
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    if not (found["minute"] or half) or (half in ("a", "p") and not 1 <= hour <= 12):
        return None
    if half in ("a", "p"):
        hour = hour % 12 + (12 if half == "p" else 0)
    is_end = (hour, minute, second) == (24, 0, 0)
    if is_end or (hour < 24 and minute < 60 and second < 60):
        return timedelta(hours=hour, minutes=minute, seconds=second)
    return None
