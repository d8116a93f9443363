"""The form of a task."""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    DATETIME_CLASSES,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from qc.admin.shared.dialogs import reason_field
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.admin.shared.open_queues import offer_open_queues
from qc.admin.tasks.details_field import DetailsField, DetailsWidget
from qc.core.localization import local, zone_in_words
from qc.models import Task
from qc.models.due_times import check_due


class DayAndTimeWidget(forms.SplitDateTimeWidget):
    """A day and a time in the browser's own fields.

    Those of Django warn of a browser whose clock has another zone than its reader has chosen.
    """

    template_name = "unfold/widgets/split_datetime.html"

    def __init__(self) -> None:
        super().__init__(
            date_attrs=_attributes("date", gettext_lazy("Day")),
            date_format="%Y-%m-%d",
            # Seconds are shown where there are some.
            time_attrs=_attributes("time", gettext_lazy("Time")) | {"step": "any"},
            time_format="%H:%M:%S",
        )


def _attributes(kind: str, label: Any) -> dict[str, Any]:
    return {"type": kind, "aria-label": label, "class": " ".join(DATETIME_CLASSES)}


class TaskForm(SeenForm):
    """A task as managers write it; who changes one says why."""

    reason = reason_field(label=gettext_lazy("Why you change it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_open_queues(self, "queue", Q(pk=self.instance.queue_id))
        if field := self.fields.get("due_at"):
            zone = _("Times are in your time zone, %(zone)s.") % {"zone": zone_in_words()}
            field.help_text = f"{field.help_text} {zone}"
        if self.instance.pk:
            # Naive, as the field can't localize a moment beyond the end of local calendars.
            self.initial["due_at"] = local(self.instance.due_at).replace(tzinfo=None)
            self.fields["reason"].show_hidden_initial = False
            # The dialogs of the page have fields for reasons too.
            self.fields["reason"].widget.attrs["id"] = "id_edit_reason"
        else:
            del self.fields["reason"]

    class Meta:
        model = Task
        fields: ClassVar = [
            "reference",
            "name",
            "queue",
            "priority",
            "due_at",
            "lot_size",
            "instructions",
            "link",
            "details",
        ]
        field_classes: ClassVar = {
            "name": PlainTextField,
            "instructions": PlainTextField,
            "link": partial(forms.URLField, assume_scheme="https"),
            "details": DetailsField,
        }
        widgets: ClassVar = {
            "name": UnfoldAdminTextInputWidget(attrs={"dir": "auto"}),
            "due_at": DayAndTimeWidget(),
            "instructions": UnfoldAdminTextareaWidget(attrs={"rows": 4, "dir": "auto"}),
            "details": DetailsWidget(),
        }
        help_texts: ClassVar = {
            "details": gettext_lazy("Extra columns from the file or system that sent the task."),
        }

    def clean_due_at(self) -> datetime | None:
        """Return the due time; one that was stored before is not checked again."""
        due_at: datetime | None = self.cleaned_data["due_at"]
        if due_at and "due_at" in self.changed_data:
            check_due(due_at)
        return due_at

    def clean(self) -> Any:
        """Refuse a change without a reason."""
        cleaned = super().clean()
        is_change = self.instance.pk and set(self.changed_data) - {"reason"}
        if is_change and not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Please give a reason."))
        return cleaned
