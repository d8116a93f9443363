"""The questions of edits of one task or many: another queue, priority or due time, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from qc.admin.shared.dialogs import FreePersonField, ReasonForm
from qc.admin.shared.open_queues import OpenQueueField
from qc.core.exceptions import InvalidInput, NotEligible, QCError
from qc.models import Priority, User
from qc.models.due_times import check_due


class MoveForm(ReasonForm):
    """Asks for a queue, and for a reason."""

    queue = OpenQueueField(_("Queue"))
    field_order = ("queue", "reason")

    def answers(self) -> dict[str, Any]:
        """Return the answers, with the queue as `queue_id`."""
        answers = super().answers()
        return {"queue_id": answers.pop("queue").pk, **answers}


class PriorityForm(ReasonForm):
    """Asks for a priority, and for a reason."""

    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=Priority.choices,
        initial=Priority.P3,
        coerce=int,
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("priority", "reason")


def _due_field(**options: Any) -> Any:
    return forms.DateTimeField(
        label=_("Due"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local"}),
        validators=[check_due],
        error_messages={"invalid": _("Enter a date and a time, such as 2026-11-30 14:00.")},
        **options,
    )


class DueForm(ReasonForm):
    """Asks for a due time in the user's own time zone, and for a reason."""

    due_at = _due_field()
    field_order = ("due_at", "reason")


class ReworkForm(ReasonForm):
    """Asks what is to be mended, where, by whom and by when; each may be left out."""

    reason = None
    instructions = forms.CharField(
        label=_("What is to be done"),
        help_text=_("Left empty: the defects and notes of the check."),
        max_length=10_000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    queue = OpenQueueField(_("Queue"), required=False)
    person = FreePersonField(required=False)
    due_at = _due_field(required=False, help_text=_("Left empty: the target of the queue."))
    field_order = ("instructions", "queue", "person", "due_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["queue"].empty_label = _("Where its queue sends reworks")
        fields["person"].queryset = User.objects.free().doing_qc()
        fields["person"].empty_label = _("Whoever is free")

    def answers(self) -> dict[str, Any]:
        """Return the answers, with queue and person by their ids."""
        answers = super().answers()
        queue, person = answers.pop("queue"), answers.pop("person")
        return {**answers, "queue_id": queue and queue.pk, "person_id": person and person.pk}

    def refuse(self, error: QCError) -> None:
        """Show a refusal under the field it is about, or under the first."""
        name = "person" if isinstance(error, NotEligible) else ""
        name = error.field if isinstance(error, InvalidInput) else name
        self.add_error(name if name in self.fields else "instructions", str(error))
