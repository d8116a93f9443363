"""What is asked of *Reports*: days, a grouping, a queue, a person; all of it in the address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from qc.core.local_days import A_DAY
from qc.models import Queue, Task, User
from qc.reports.report import Grouping, ReportQuery

MOST_DAYS = 366
A_WEEK = timedelta(days=6)
# No database and no time zone has trouble with what came later.
EARLIEST = date(2000, 1, 1)
NAMES = ("by", "first", "last", "queue", "person", "sort")


class DayInput(UnfoldAdminTextInputWidget):
    """A day, chosen from the browser's own calendar."""

    input_type = "date"


class DayField(forms.DateField):
    """A day as a browser sends it."""

    def __init__(self, label: Any) -> None:
        wrong = gettext_lazy("Enter a date such as 2026-11-30.")
        super().__init__(
            label=label,
            input_formats=["%Y-%m-%d"],
            widget=DayInput(),
            error_messages={"required": wrong, "invalid": wrong},
            validators=[MinValueValidator(EARLIEST, gettext_lazy("Choose a date from 2000 on."))],
        )


class ReportForm(forms.Form):
    """The days and the filters; what is not told is the last seven days, by person."""

    first = DayField(gettext_lazy("From"))
    last = DayField(gettext_lazy("To"))
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        label=gettext_lazy("Queue"),
        required=False,
        empty_label=gettext_lazy("All queues"),
        widget=UnfoldAdminSelectWidget(),
        error_messages={"invalid_choice": gettext_lazy("There is no such queue.")},
    )
    person = forms.ModelChoiceField(
        User.objects.all(),
        label=gettext_lazy("Person"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no such person.")},
    )

    Media = AutocompleteDropdownForm.Media

    def __init__(self, told: Mapping[str, str], site: Any) -> None:
        super().__init__(_with_defaults(told))
        widget = AutocompleteSelect(
            Task._meta.get_field("assignee"), site, {"class": "unfold-filter-autocomplete"}
        )
        widget.choices = self.fields["person"].choices  # type: ignore[attr-defined]
        self.fields["person"].widget = widget

    def clean(self) -> dict[str, Any]:
        """End the days with today. Raises ValidationError where there is nothing to report of."""
        told = self.cleaned_data
        first, last, today = told.get("first"), told.get("last"), timezone.localdate()
        if not (first and last):
            return told
        if first > last:
            raise ValidationError(_("The first day must not be after the last."))
        if first > today:
            raise ValidationError(_("These days are in the future. Please choose earlier ones."))
        told["last"] = min(last, today)
        if told["last"] - first >= timedelta(days=MOST_DAYS):
            most = {"most": MOST_DAYS}
            raise ValidationError(_("Please choose at most %(most)d days at once.") % most)
        return told

    def asked(self) -> ReportQuery:
        """Return what a valid form asks for."""
        told = self.cleaned_data
        queue, person = (one and one.pk for one in (told["queue"], told["person"]))
        return ReportQuery(Grouping(self.data["by"]), told["first"], told["last"], queue, person)

    def address(self, **changes: object) -> str:
        """Return the query of the same report with some things changed."""
        told = {**self.data, **changes}
        return "?" + urlencode({name: told[name] for name in NAMES if told.get(name)})


class Preset(NamedTuple):
    """Some days by their name, where they are, and whether they are shown."""

    name: str
    address: str
    is_shown: bool


def presets(form: ReportForm) -> list[Preset]:
    """Return the days that people often ask for."""
    shown = (form.data["first"], form.data["last"])
    return [
        Preset(name, form.address(first=first, last=last), (str(first), str(last)) == shown)
        for name, first, last in _days(timezone.localdate())
    ]


def _days(today: date) -> list[tuple[str, date, date]]:
    this_month = today.replace(day=1)
    last_month = this_month - A_DAY
    return [
        (_("Today"), today, today),
        (_("Yesterday"), today - A_DAY, today - A_DAY),
        (_("Last 7 days"), today - A_WEEK, today),
        (_("This month"), this_month, today),
        (_("Last month"), last_month.replace(day=1), last_month),
    ]


def _with_defaults(told: Mapping[str, str]) -> dict[str, str]:
    today = timezone.localdate()
    data = {"first": str(today - A_WEEK), "last": str(today)}
    data |= {name: told[name] for name in NAMES if name in told}
    for name in ("queue", "person"):
        # The list of people looks up whatever number it is given, and nothing else.
        if data.get(name) and not (data[name].isdecimal() and len(data[name]) < 18):
            data[name] = "0"
    if data.get("by") not in Grouping.values:
        data["by"] = Grouping.PERSON.value
    return data
