"""The questions of edits of one task or many: another queue, priority or due time, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from qc.admin.shared.dialogs import ReasonForm
from qc.admin.shared.open_queues import OpenQueueField
from qc.models import Priority
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


class DueForm(ReasonForm):
    """Asks for a due time in the user's own time zone, and for a reason."""

    due_at = forms.DateTimeField(
        label=_("Due"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local"}),
        validators=[check_due],
        error_messages={"invalid": _("Enter a date and a time, such as 2026-11-30 14:00.")},
    )
    field_order = ("due_at", "reason")
