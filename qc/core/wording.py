"""Moments, durations, reasons and what is allowed in words, the same wherever they are said."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

from django.utils.dateformat import format as formatted
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.timesince import timesince
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from qc.core.localization import local, utc_offset

BREAKS = {
    "Lunch": gettext_lazy("Lunch"),
    "Coffee": gettext_lazy("Coffee"),
    "Meeting": gettext_lazy("Meeting"),
    "Training": gettext_lazy("Training"),
}
# Reasons stored by these keys and shown in the reader's language.
REASONS = BREAKS | {
    "not responding": gettext_lazy("not responding"),
    "signed out": gettext_lazy("signed out"),
}
# Between a reason from a list and what somebody wrote besides.
AFTER_REASON = ": "


def clock(moment: datetime | None) -> str:
    """Return a moment in words: only the time when it is today; "just now" for None."""
    if moment is None:
        return _("just now")
    shown = local(moment)
    today = datetime.now(shown.tzinfo).date()
    if shown.date() == today:
        return shown.strftime("%H:%M")
    if shown.year != today.year:
        return formatted(shown, pgettext("day, year and time, by Django's letters", "d M Y H:i"))
    return formatted(shown, pgettext("day and time, by Django's letters", "d M H:i"))


def exactly(moment: datetime) -> str:
    """Return a moment to the second with its zone, as it stands in records: one of any day."""
    shown = local(moment)
    form = pgettext("day, year and seconds, by Django's letters", "d M Y H:i:s")
    return f"{formatted(shown, form)} {utc_offset(shown)}"


def to_the_minute(moment: datetime) -> str:
    """Return a moment to the minute with its zone, as it stands in records: one of any day."""
    shown = local(moment)
    form = pgettext("day, year and time, by Django's letters", "d M Y H:i")
    return f"{formatted(shown, form)} {utc_offset(shown)}"


def by_minutes() -> Callable[[datetime | None], str]:
    """Return a `clock` for many moments: each minute is put into words once."""
    words = cache(clock)
    return lambda moment: words(moment and moment.replace(second=0, microsecond=0))


def by_days(form: str, *, with_zone: bool = False) -> Callable[[datetime], str]:
    """Return a function that puts many moments into words, to the second.

    Each day is put into words once, in this form of Django's letters.
    """
    zone = get_current_timezone()
    words = cache(lambda day: escape(date_format(day, form)))

    def to_the_second(moment: datetime) -> str:
        shown = local(moment, zone)
        zoned = f" {utc_offset(shown)}" if with_zone else ""
        return f"{words(shown.date())} {shown:%H:%M:%S}{zoned}"

    return to_the_second


def reason(stored: str) -> str:
    """Return a stored reason, in the reader's language if it is one of ours."""
    return str(REASONS.get(stored, stored))


def time_between(begun: datetime, ended: datetime) -> str:
    """Return how long something took in words: seconds, or its two largest units."""
    seconds = int((ended - begun).total_seconds())
    if seconds < 60:
        return ngettext("%d second", "%d seconds", seconds) % seconds
    return timesince(begun, ended, depth=2)


def short_duration(time: timedelta) -> str:
    """Return a duration in short words: "45 s", "3 min 20 s", "1 h 5 min"."""
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    if minutes >= 60:
        return _("%(h)d h %(min)d min") % {"h": minutes // 60, "min": minutes % 60}
    if minutes:
        return _("%(min)d min %(s)d s") % {"min": minutes, "s": seconds}
    return _("%d s") % seconds


def allowed(values: Iterable[object]) -> str:
    """Return in words which values are allowed."""
    return _("Allowed are: %s.") % ", ".join(map(str, values))


def no_such_field(fields: Iterable[str]) -> str:
    """Return in words that a field is none of these, which there are."""
    return _("There is no such field. Allowed are: %s.") % ", ".join(fields)
