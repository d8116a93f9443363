"""Time zones and languages: which there are, and which one is in effect."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}


# Cached, as it reads the disk.
_names = cache(zoneinfo.available_timezones)


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name, older names included."""
    return name in _names()


def check_zone(name: str) -> None:
    """Raise ValidationError unless this is the name of a time zone."""
    if not is_zone(name):
        raise ValidationError(_("There is no time zone “%(name)s”.") % {"name": name})


def languages() -> list[tuple[str, Any]]:
    """Return the languages of the pages, as choices."""
    return list(settings.LANGUAGES)


@cache
def zones() -> list[tuple[Any, list[tuple[str, str]]]]:
    """Return the time zones as choices by area, without their older names."""
    named: dict[str, list[tuple[str, str]]] = {area: [] for area in AREAS}
    for name in sorted(_names()):
        area, _slash, place = name.partition("/")
        if place and area in named:
            named[area].append((name, place.replace("_", " ").replace("/", ", ")))
    by_area: list[tuple[Any, list[tuple[str, str]]]] = [
        (title, named[area]) for area, title in AREAS.items()
    ]
    return [*by_area, (_("Everywhere"), [("UTC", "UTC")])]


def local(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """Return a moment by local clocks, by UTC's where the local calendar ends before it."""
    try:
        return timezone.localtime(moment, zone)
    except OverflowError:
        return moment.astimezone(UTC)


def zone_in_words() -> str:
    """Return the name of the time zone in effect, such as "Europe/Berlin"."""
    return str(timezone.get_current_timezone()).replace("_", " ")


def utc_offset(moment: datetime) -> str:
    """Return by how much clocks differ from UTC's, for a local moment: "UTC+1", "UTC+5:30"."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def utc_isoformat(moment: datetime, timespec: str = "auto") -> str:
    """Return a moment in UTC in ISO 8601, with Z; `qc.core.canonical_json.moment` is for hashes."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def moments(shown: datetime) -> list[datetime]:
    """Return the moments at which local clocks show this: none, one, or two as clocks change."""
    here = timezone.get_current_timezone()
    found = {shown.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(one for one in found if one.astimezone(here).replace(tzinfo=None) == shown)


def number(n: int) -> str:
    """Return a whole number as people of the current language write it: 12,345 or 12.345."""
    return number_format(n, use_l10n=True, force_grouping=True)


@contextmanager
def localized(language: str, zone: str) -> Iterator[None]:
    """Use a language and a time zone inside.

    "" leaves the language as it is, and selects the site's own time zone.
    """
    with (
        translation.override(language or translation.get_language()),
        timezone.override(zone or None),
    ):
        yield


@contextmanager
def for_the_record() -> Iterator[None]:
    """Use the site's own language and time zone inside, for texts that everybody will read.

    So the words and times of a history row do not depend on who caused it.
    """
    with localized(settings.LANGUAGE_CODE, ""):
        yield
