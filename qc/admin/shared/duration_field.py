"""Durations as people write them: a number of minutes, hours or days."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_duration
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=1000)
ALLOWED = _(
    "Enter a time from 1 minute to 1,000 days, in whole minutes, such as 90 minutes or 4 hours."
)


def in_units(duration: timedelta) -> tuple[Decimal, str]:
    """Return a duration as a number of the largest unit that makes it whole, else of minutes."""
    for unit in ("days", "hours"):
        if not duration % UNITS[unit]:
            return Decimal(duration // UNITS[unit]), unit
    return Decimal(duration // timedelta(microseconds=1)) / 60_000_000, "minutes"


def duration_in_units(duration: timedelta) -> str:
    """Return a duration in words, such as "4 hours" or "1 day"."""
    number, unit = in_units(duration)
    n = int(number) if number == int(number) else 2
    words = {
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", n),
        "hours": ngettext("%(n)s hour", "%(n)s hours", n),
        "days": ngettext("%(n)s day", "%(n)s days", n),
    }
    return words[unit] % {"n": number_format(_plain(number))}


class DurationWidget(forms.MultiWidget):
    """A box for the number, and a list of units beside it."""

    template_name = "qc/shared/duration.html"

    def __init__(self) -> None:
        choices = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]
        number = UnfoldAdminIntegerFieldWidget(attrs={"min": 1, "step": "any"})
        unit = UnfoldAdminSelectWidget(attrs={"aria-label": _("Unit")}, choices=choices)
        super().__init__([number, unit])

    def id_for_label(self, id_: str) -> str:
        """Return the id of the number's box, which the label belongs to."""
        return f"{id_}_0"

    def decompress(self, value: Any) -> list[Any]:
        """Return number and unit of a duration, or of its text in a hidden field."""
        duration = parse_duration(value) if isinstance(value, str) else value
        if duration is None:
            return [None, "hours"]
        number, unit = in_units(duration)
        return [_plain(number), unit]


class DurationField(forms.DurationField):
    """A duration, entered as a number and a unit."""

    widget = DurationWidget

    def to_python(self, value: Any) -> timedelta | None:
        """Return the duration. Raise ValidationError for bad values."""
        if not isinstance(value, list):
            return super().to_python(value)
        number, unit = (*value, None)[:2]
        if number in self.empty_values:
            return None
        try:
            return UNITS[str(unit)] * float(number)
        except (KeyError, ValueError, OverflowError) as error:
            raise ValidationError(ALLOWED, code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether number or unit differ from what the form showed of `initial`."""
        shown = DurationWidget().decompress(self.prepare_value(initial))
        number, unit = [str(one or "") for one in [*(data or ()), "", ""]][:2]
        if not (shown[0] or number):
            return False
        return [str(one or "") for one in shown] != [number, unit]

    @staticmethod
    def check(duration: timedelta) -> timedelta:
        """Return a new duration. Raise ValidationError for one that is not allowed."""
        if not SHORTEST <= duration <= LONGEST or duration % SHORTEST:
            raise ValidationError(ALLOWED, code="invalid")
        return duration


def _plain(number: Decimal) -> str:
    """Return a number without trailing zeros, as a browser's number input takes it."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
