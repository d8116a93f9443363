"""The form for a moment: a local time as typed, or an exact moment as addresses have it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from qc.admin.point_in_time.urls import at
from qc.core import localization
from qc.history import point_in_time

PARAMS = ("at", "with-at")
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


class MomentWidget(UnfoldAdminTextInputWidget):
    """A day and a time to the second, in the reader's time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"})

    def format_value(self, value: datetime | str | None) -> str:
        """Return a moment as the browser's field takes it; any other text as it was typed."""
        if value is None or isinstance(value, str):
            return value or ""
        shown = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{shown:%Y-%m-%dT%H:%M:%S}"


class MomentForm(forms.Form):
    """The moment to show; now if none is given.

    In addresses it is in UTC, so that they mean the same to everybody. A browser sends it without a
    time zone, in the reader's. `choices` are moments offered instead of one that can't be shown.
    With a prefix it is a second moment, and none unless it is given.
    """

    at = forms.Field(label=_("Time"), widget=MomentWidget)

    def __init__(self, request: HttpRequest, *, prefix: str = "") -> None:
        self.now = timezone.now()
        self.choices: list[datetime] = []
        name = f"{prefix}-at" if prefix else "at"
        self._params = {one: value for one, value in request.GET.items() if one in PARAMS}
        typed = request.GET.get(name, "").strip()
        self.is_given = bool(typed) or not prefix
        moment = (_read(typed) or typed) if typed else None if prefix else self.now
        super().__init__({name: moment} if self.is_given else None, prefix=prefix or None)
        if prefix:
            self.fields["at"].label = _("Compare with")
            self.fields["at"].required = False

    @property
    def zone(self) -> str:
        """The name of the reader's time zone."""
        return str(timezone.get_current_timezone())

    @property
    def is_exact(self) -> bool:
        """Whether the moment was given with its time zone."""
        return timezone.is_aware(self.data[self.add_prefix("at")])

    def clean_at(self) -> datetime:
        """Return the moment. Raise ValidationError if it is invalid, or before the first record."""
        given = self.data[self.add_prefix("at")]
        if isinstance(given, str):
            message = gettext("“%s” is not a date and time. Write it as 2026-11-30 14:30.")
            raise ValidationError(message % given)
        moment = given if timezone.is_aware(given) else self._from_local(given)
        if moment > self.now:
            raise ValidationError(gettext("This is in the future. Choose a time in the past."))
        self._check_is_recorded(moment)
        return moment

    def links(self) -> list[tuple[datetime, str]]:
        """Return the offered moments, each with the address that asks for it."""
        name = self.add_prefix("at")
        params = [self._params | {name: localization.utc_isoformat(one)} for one in self.choices]
        addresses = [f"?{urlencode(one, safe=':')}" for one in params]
        return list(zip(self.choices, addresses, strict=True))

    def steps(self, moment: datetime) -> list[tuple[str | Promise, str, str]]:
        """Return the links to earlier and later moments: text, address ("" for none), key."""
        local = timezone.localtime(moment)
        steps = [
            (_("One day earlier"), local - A_DAY, "Shift+ArrowLeft"),
            (_("One hour earlier"), moment - AN_HOUR, "ArrowLeft"),
            (_("One hour later"), moment + AN_HOUR, "ArrowRight"),
            (_("One day later"), local + A_DAY, "Shift+ArrowRight"),
        ]
        return [(text, at(to) if to <= self.now else "", key) for text, to, key in steps]

    def _from_local(self, shown: datetime) -> datetime:
        found = localization.moments(shown)
        values = {"shown": f"{shown:%Y-%m-%d %H:%M}", "zone": self.zone}
        if not found:
            message = gettext("%(shown)s does not exist in %(zone)s: the clocks were set forward.")
            raise ValidationError(message % values)
        if len(found) > 1:
            self.choices = found
            message = gettext("%(shown)s exists twice: the clocks were set back. Choose one.")
            raise ValidationError(message % values)
        return found[0]

    def _check_is_recorded(self, moment: datetime) -> None:
        first = point_in_time.beginning()
        if first is None:
            raise ValidationError(gettext("Nothing has been recorded yet."))
        if moment < first:
            self.choices = [first]
            message = gettext("There are no records of that time. The first record is from:")
            raise ValidationError(message)


def _read(typed: str) -> datetime | None:
    """Return the moment that was typed, naive if it has no zone; None for other text."""
    try:
        moment = parse_datetime(typed)
        # The first and last years can't be converted to other time zones.
        return moment if moment is not None and 1900 <= moment.year < 9000 else None
    except ValueError:
        return None
