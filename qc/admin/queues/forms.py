"""The form of a queue."""

from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.duration_field import DurationField
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.models import Queue


class QueueForm(SeenForm):
    """A queue as managers write it; it is paused by an action that asks for a reason."""

    target = DurationField(
        label=_("Target"),
        initial=Queue._meta.get_field("target").default,
        help_text=_("How long after its arrival a task is due."),
    )

    class Meta:
        model = Queue
        fields: ClassVar = ["name", "description", "open_to_all", "target", "people"]
        field_classes: ClassVar = {"description": PlainTextField}
        widgets: ClassVar = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 4})}

    def clean_target(self) -> timedelta:
        """Return the target; one that was stored before is not checked again."""
        target: timedelta = self.cleaned_data["target"]
        return DurationField.check(target) if "target" in self.changed_data else target
