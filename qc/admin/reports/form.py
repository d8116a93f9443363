"""The form of *Reports*: days, grouping, queue and person, all of them in the address."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from qc.admin.shared.params import is_id
from qc.admin.shared.widgets import give_widgets
from qc.core.local_days import A_DAY
from qc.models import Task, User
from qc.reports.report import Grouping, ReportQuery, columns
from qc.web.report_filters import A_WEEK, SpanFilters


class ColumnField(forms.CharField):
    """A choice of one of the sender's columns."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            max_length=200,
            label=gettext_lazy("Column"),
            widget=UnfoldAdminSelectWidget(),
        )


class SpanForm(SpanFilters):
    """The days and the queue as fields of a page."""

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)
        # A day is chosen in the browser's own calendar.
        days = {name: UnfoldAdminTextInputWidget({"type": "date"}) for name in ("first", "last")}
        give_widgets(self, {**days, "queue": UnfoldAdminSelectWidget()})

    def address(self, **changes: object) -> str:
        """Return the address of the same report with some parameters changed."""
        params = {**self.data, **changes}
        return "?" + urlencode({name: params[name] for name in self.PARAMS if params.get(name)})

    def choose_column(self, names: Iterable[str]) -> None:
        """Let one of the sender's columns be chosen; the first is, where none is yet."""
        chosen = self.data.get("column") or next(iter(names), "")
        self.data["column"] = chosen  # type: ignore[index]
        self.cleaned_data["column"] = chosen
        widget = self.fields["column"].widget
        widget.choices = [(name, name) for name in dict.fromkeys((*names, chosen)) if name]


class ReportForm(SpanForm):
    """The filters of the report of completed tasks; by default it is by person."""

    PARAMS = ("by", "column", "first", "last", "queue", "person", "sort")

    column = ColumnField()
    person = forms.ModelChoiceField(
        User.objects.all(),
        label=gettext_lazy("Person"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no such person.")},
    )

    Media = AutocompleteDropdownForm.Media

    def __init__(self, params: Mapping[str, str], site: Any) -> None:
        super().__init__(params)
        widget = AutocompleteSelect(
            Task._meta.get_field("assignee"), site, {"class": "unfold-filter-autocomplete"}
        )
        widget.choices = self.fields["person"].choices  # type: ignore[attr-defined]
        self.fields["person"].widget = widget

    def with_defaults(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters, with ids in those that must be some."""
        data = super().with_defaults(params)
        for name in ("queue", "person"):
            # The field for people raises an error for anything but an id.
            if data.get(name) and not is_id(data[name]):
                data[name] = "0"
        if data.get("by") not in Grouping.values:
            data["by"] = Grouping.PERSON.value
        return data

    def query(self) -> ReportQuery:
        """Return the query of a valid form."""
        data = self.cleaned_data
        queue, person = (data[name] and data[name].pk for name in ("queue", "person"))
        days = (data["first"], data["last"])
        return ReportQuery(Grouping(self.data["by"]), *days, queue, person, data["column"])

    def offer_columns(self) -> None:
        """Let one of the sender's columns be chosen, where the report is by one."""
        if self.data["by"] != Grouping.COLUMN:
            del self.fields["column"]
        elif self.is_valid():
            self.choose_column(columns(self.query()))


@cache
def media(language: str) -> SafeString:
    """Return the scripts and styles of the fields, which have texts in this language."""
    return SafeString(ReportForm({}, site).media.render())


class Preset(NamedTuple):
    """A period: its name, its address, and whether it is shown now."""

    name: str
    address: str
    is_shown: bool


def presets(form: SpanForm) -> list[Preset]:
    """Return the periods that people often need."""
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
