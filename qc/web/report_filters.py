"""The days and the queue of a report, as a page or a call of the API is given them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.models import Queue
from qc.reports.span import Span

MOST_DAYS = 366
A_WEEK, A_MONTH = timedelta(days=6), timedelta(days=29)
# Every database and time zone can handle days from then on.
EARLIEST = date(2000, 1, 1)


class DayField(forms.DateField):
    """A day."""

    def __init__(self, label: Any) -> None:
        wrong = gettext_lazy("Enter a date such as 2026-11-30.")
        super().__init__(
            label=label,
            input_formats=["%Y-%m-%d"],
            error_messages={"required": wrong, "invalid": wrong},
            validators=[MinValueValidator(EARLIEST, gettext_lazy("Choose a date from 2000 on."))],
        )


class SpanFilters(forms.Form):
    """The days and the queue of a report; by default the last seven days of all queues.

    `PARAMS` are the parameters that its addresses keep, `USUAL` is how long before today the
    first day is, unless it is chosen.
    """

    PARAMS: ClassVar[tuple[str, ...]] = ("first", "last", "queue")
    USUAL: ClassVar = A_WEEK

    first = DayField(gettext_lazy("From"))
    last = DayField(gettext_lazy("To"))
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        label=gettext_lazy("Queue"),
        required=False,
        empty_label=gettext_lazy("All queues"),
        error_messages={"invalid_choice": gettext_lazy("There is no such queue.")},
    )

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(self.with_defaults(params))

    def with_defaults(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that are known, with defaults for those that are left out."""
        today = timezone.localdate()
        data = {"first": str(today - self.USUAL), "last": str(today)}
        return data | {name: params[name] for name in self.PARAMS if name in params}

    def clean(self) -> dict[str, Any]:
        """End the days today at the latest. Raise ValidationError for a span without a report."""
        data, today = self.cleaned_data, timezone.localdate()
        first, last = data.get("first"), data.get("last")
        if not (first and last):
            return data
        if first > last:
            raise ValidationError(_("The first day must not be after the last."))
        if first > today:
            raise ValidationError(_("These days are in the future. Please choose earlier ones."))
        data["last"] = min(last, today)
        if data["last"] - first >= timedelta(days=MOST_DAYS):
            most = {"most": MOST_DAYS}
            raise ValidationError(_("Please choose at most %(most)d days at once.") % most)
        return data

    def span(self) -> Span:
        """Return the span of a valid form."""
        data = self.cleaned_data
        return Span(data["first"], data["last"], data["queue"] and data["queue"].pk)
