"""The form of a task."""

import json
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.models import Queue, Task


class DetailsField(forms.JSONField):
    """The sender's own columns, as readable JSON."""

    def prepare_value(self, value: Any) -> Any:
        """Return the JSON with one column on each line."""
        if isinstance(value, forms.fields.InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


class TaskForm(SeenForm):
    """A task as managers write it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("queue"):
            # A closed one only where the task is in it still.
            own = Q(pk=self.instance.queue_id)
            field.queryset = Queue.objects.filter(Q(is_closed=False) | own)  # type: ignore[attr-defined]

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
        field_classes: ClassVar = {
            "name": PlainTextField,
            "instructions": PlainTextField,
            "link": partial(forms.URLField, assume_scheme="https"),
            "details": DetailsField,
        }
        widgets: ClassVar = {
            "instructions": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "details": UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        }
        help_texts: ClassVar = {
            "details": _(
                "Extra columns from the file or system that sent the task, as JSON: "
                "names and values."
            ),
        }

    def clean_details(self) -> dict[str, Any]:
        """Return the columns. Raise ValidationError for anything but names and values."""
        details = self.cleaned_data["details"]
        if details is None:
            return {}
        if not isinstance(details, dict):
            raise ValidationError(_('Enter names and values, such as {"Part": "A-12"}.'))
        return details
