"""The forms of tasks and queues."""

import json
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from qc.admin.duration_field import DurationField
from qc.models import Queue, Task


class PlainTextField(forms.CharField):
    """A text that is unchanged when only blanks around it, or the ends of its lines, differ."""

    def to_python(self, value: Any) -> str:
        """Gives the text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text differs from what it was."""
        return super().has_changed(self.to_python(initial), data)


class DetailsField(forms.JSONField):
    """The sender's own columns, as readable JSON."""

    def prepare_value(self, value: Any) -> Any:
        """Gives the columns one on a line."""
        if isinstance(value, forms.fields.InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class SeenForm(forms.ModelForm):
    """A form whose changes are what its user changed, against what they saw.

    Whatever else has changed since the page was opened, such as a priority that the sweep has
    raised, is left as it is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True


class TaskForm(SeenForm):
    """A task as managers write it."""

    name = PlainTextField(label=_("Name"), max_length=200, widget=UnfoldAdminTextInputWidget())
    instructions = PlainTextField(
        label=_("Instructions"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
    link = forms.URLField(
        label=_("Link"),
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget(),
    )
    details = DetailsField(
        label=_("Details"),
        initial=dict,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_(
            "Extra columns from the file or system that sent the task, as JSON: names and values."
        ),
    )

    class Meta:
        model = Task
        fields: ClassVar = [
            "reference",
            "name",
            "queue",
            "priority",
            "due_at",
            "instructions",
            "link",
            "details",
        ]

    def clean_details(self) -> dict[str, Any]:
        """Gives the columns; raises ValidationError for anything but names and values."""
        details = self.cleaned_data["details"]
        if details is None:
            return {}
        if not isinstance(details, dict):
            raise ValidationError(_('Enter names and values, such as {"Part": "A-12"}.'))
        return details


class QueueForm(SeenForm):
    """A queue as managers write it; it is paused by an action, with a reason."""

    description = PlainTextField(
        label=_("Description"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )

    target = DurationField(
        label=_("Target"),
        initial=Queue._meta.get_field("target").default,
        help_text=_("How long after its arrival a task is due."),
    )

    class Meta:
        model = Queue
        fields: ClassVar = ["name", "description", "open_to_all", "target", "people"]

    def clean_target(self) -> timedelta:
        """Return the target; what was stored before is not checked again."""
        target: timedelta = self.cleaned_data["target"]
        return DurationField.check(target) if "target" in self.changed_data else target
