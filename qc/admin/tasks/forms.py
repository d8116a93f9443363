"""The form of a task."""

import json
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.core.localization import local
from qc.models import Queue, Task
from qc.models.due_times import check_due

# MariaDB reads JSON to a depth of 32.
DEEPEST = 30


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)


class DetailsField(forms.JSONField):
    """The sender's own columns, as readable JSON."""

    def to_python(self, value: Any) -> Any:
        """Return the columns. Raise ValidationError for what no database could read."""
        try:
            found = super().to_python(value)
            is_deep = _depth(found) > DEEPEST
        except RecursionError:
            is_deep = True
        if is_deep:
            raise ValidationError(_("Nest the values no deeper than %d levels.") % DEEPEST)
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was sent as it is shown again: the text itself if it is no value."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return forms.fields.InvalidJSONInput(data)

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
        if self.instance.pk:
            # Naive, as the field can't localize a moment beyond the end of local calendars.
            self.initial["due_at"] = local(self.instance.due_at).replace(tzinfo=None)

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
            "instructions": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "details": UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        }
        help_texts: ClassVar = {
            "details": _(
                "Extra columns from the file or system that sent the task, as JSON: "
                "names and values."
            ),
        }

    def clean_due_at(self) -> datetime | None:
        """Return the due time; one that was stored before is not checked again."""
        due_at: datetime | None = self.cleaned_data["due_at"]
        if due_at and "due_at" in self.changed_data:
            check_due(due_at)
        return due_at

    def clean_details(self) -> dict[str, Any]:
        """Return the columns. Raise ValidationError for anything but names and values."""
        details = self.cleaned_data["details"]
        if details is None:
            return {}
        if not isinstance(details, dict):
            raise ValidationError(_('Enter names and values, such as {"Part": "A-12"}.'))
        return details
