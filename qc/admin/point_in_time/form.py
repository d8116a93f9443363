"""Which moment is asked for: by the clock on the wall, or exactly, as an address has it."""

from datetime import datetime, timedelta

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

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


class MomentWidget(UnfoldAdminTextInputWidget):
    """A day and a time to the second, by the clock on the reader's wall."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"})

    def format_value(self, value: datetime | str) -> str:
        """Return the value as a browser shows it; what is no moment as it was typed."""
        if isinstance(value, str):
            return value
        shown = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{shown:%Y-%m-%dT%H:%M:%S}"


class MomentForm(forms.Form):
    """Asks for a moment; without one it is now.

    An address has it in UTC, so that it means the same to everybody; what a browser sends of the
    field has no zone, and means the clock of whoever sends it. `choices` are moments to choose from
    instead of one that can't be shown.
    """

    at = forms.Field(label=_("Time"), widget=MomentWidget)

    def __init__(self, request: HttpRequest) -> None:
        self.now = timezone.now()
        self.choices: list[datetime] = []
        typed = request.GET.get("at", "").strip()
        super().__init__({"at": (_read(typed) or typed) if typed else self.now})

    @property
    def zone(self) -> str:
        """The name of the zone of the clock on the reader's wall."""
        return str(timezone.get_current_timezone())

    @property
    def is_exact(self) -> bool:
        """Whether it was asked for with its zone."""
        return timezone.is_aware(self.data["at"])

    def clean_at(self) -> datetime:
        """Return the moment. Raises ValidationError for what is none, or nothing is known of."""
        asked = self.data["at"]
        if isinstance(asked, str):
            message = gettext("“%s” is not a date and time. Write it as 2026-11-30 14:30.")
            raise ValidationError(message % asked)
        moment = asked if timezone.is_aware(asked) else self._of_the_wall(asked)
        if moment > self.now:
            raise ValidationError(gettext("This is in the future. Choose a time in the past."))
        self._check_is_recorded(moment)
        return moment

    def steps(self, moment: datetime) -> list[tuple[str | Promise, str, str]]:
        """Return what leads to earlier and later moments: in words, as an address, by which key."""
        local = timezone.localtime(moment)
        ways = [
            (_("One day earlier"), local - A_DAY, "Shift+ArrowLeft"),
            (_("One hour earlier"), moment - AN_HOUR, "ArrowLeft"),
            (_("One hour later"), moment + AN_HOUR, "ArrowRight"),
            (_("One day later"), local + A_DAY, "Shift+ArrowRight"),
        ]
        return [(words, at(to) if to <= self.now else "", key) for words, to, key in ways]

    def _of_the_wall(self, shown: datetime) -> datetime:
        found = localization.moments(shown)
        words = {"shown": f"{shown:%Y-%m-%d %H:%M}", "zone": self.zone}
        if not found:
            message = gettext("%(shown)s does not exist in %(zone)s: the clocks were set forward.")
            raise ValidationError(message % words)
        if len(found) > 1:
            self.choices = found
            message = gettext("%(shown)s exists twice: the clocks were set back. Choose one.")
            raise ValidationError(message % words)
        return found[0]

    def _check_is_recorded(self, moment: datetime) -> None:
        first = point_in_time.beginning()
        if first is None:
            raise ValidationError(gettext("Nothing has been recorded yet."))
        if moment < first:
            self.choices = [first]
            raise ValidationError(
                gettext("There are no records of that time. The first record is from:")
            )


def _read(typed: str) -> datetime | None:
    """Return the moment that was typed, without a zone where it has none; None if it is none."""
    try:
        read = parse_datetime(typed)
        # Some are beyond what can be reckoned with in other zones.
        return read if read is not None and 1900 <= read.year < 9000 else None
    except ValueError:
        return None
