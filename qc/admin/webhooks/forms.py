"""The forms of webhooks: a webhook itself, and the filters of its deliveries."""

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from qc.admin.shared.forms import SeenForm
from qc.admin.shared.open_queues import offer_open_queues
from qc.core import pinned_http
from qc.core.pinned_http import Undelivered
from qc.models import DeliveryState, EventType, Outcome, Webhook

# The events by what they are about, as the form lists them.
GROUPS = (
    (
        _("The task itself"),
        (EventType.CREATED, EventType.CHANGED, EventType.COMMENTED, EventType.DELETED),
    ),
    (
        _("Who has it"),
        (EventType.ASSIGNED, EventType.CLAIMED, EventType.RELEASED, EventType.RETURNED),
    ),
    (
        _("The check"),
        (EventType.STARTED, EventType.COMPLETED, EventType.UNDONE, EventType.CORRECTED),
    ),
    (
        _("Whether it is to be done"),
        (EventType.HELD, EventType.RESUMED, EventType.CANCELLED, EventType.REOPENED),
    ),
)


class GroupedBoxes(UnfoldAdminCheckboxSelectMultipleWidget):
    """Boxes to tick, each group of them with its name above."""

    template_name = "qc/webhooks/boxes.html"


class WebhookForm(SeenForm):
    """A webhook as superusers write it."""

    types = forms.MultipleChoiceField(
        label=_("Events"),
        help_text=_("None chosen: all of them, and those that later versions add."),
        required=False,
        choices=[(name, [(one.value, one.label) for one in some]) for name, some in GROUPS],
        widget=GroupedBoxes,
    )
    outcomes = forms.MultipleChoiceField(
        label=_("Outcomes"),
        help_text=_("Only of tasks with one of these outcomes. None chosen: of all tasks."),
        required=False,
        choices=Outcome.choices,
        widget=GroupedBoxes,
    )

    class Meta:
        model = Webhook
        fields: ClassVar = ["name", "url", "types", "outcomes", "queues"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Q(webhooks=self.instance.pk) if self.instance.pk else Q()
        offer_open_queues(self, "queues", own)

    def clean_url(self) -> str:
        """Return the address. Raises ValidationError for one that is not allowed."""
        url: str = self.cleaned_data["url"]
        try:
            pinned_http.check(url)
        except Undelivered as error:
            raise forms.ValidationError(capfirst(str(error))) from error
        return url


class LogForm(forms.Form):
    """Which deliveries the log shows."""

    state = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("all")), *DeliveryState.choices],
        widget=UnfoldAdminSelectWidget,
    )
    task = forms.CharField(
        label=_("Reference of the task"),
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
    )
