"""The form of a task."""

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
)

from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.models import Task


class DetailsField(forms.JSONField):
    """The sender's own columns, as readable JSON."""

    def prepare_value(self, value: Any) -> Any:
        """Return the columns one on a line."""
        if isinstance(value, forms.fields.InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


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
        """Return the columns; raises ValidationError for anything but names and values."""
        details = self.cleaned_data["details"]
        if details is None:
            return {}
        if not isinstance(details, dict):
            raise ValidationError(_('Enter names and values, such as {"Part": "A-12"}.'))
        return details
