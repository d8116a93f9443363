"""The form of an alert."""

from datetime import time
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from qc.admin.people.my_settings import ZoneField
from qc.admin.shared.duration_field import DurationField
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.admin.shared.open_queues import offer_open_queues
from qc.alerts import webhooks
from qc.models import Alert

TIMES = ("quiet_from", "quiet_until", "digest_at")


def _duration(name: str, label: Any) -> DurationField:
    column: Any = Alert._meta.get_field(name)
    return DurationField(label=label, help_text=column.help_text, required=False)


class TimeWidget(UnfoldAdminTextInputWidget):
    """A time of day as a browser's own field has it, to the minute."""

    def format_value(self, value: Any) -> Any:
        """Return the time without its seconds."""
        return f"{value:%H:%M}" if isinstance(value, time) else super().format_value(value)


class AlertForm(SeenForm):
    """An alert as managers write it."""

    waiting_longer_than = _duration("waiting_longer_than", _("Waiting longer than"))
    silent_longer_than = _duration("silent_longer_than", _("Silent longer than"))
    emails = PlainTextField(
        label=_("E-mail addresses"),
        help_text=_("One on each line."),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    time_zone = ZoneField()

    class Meta:
        model = Alert
        fields: ClassVar = [
            *("name", "queue", "is_active", "late_more_than", "waiting_longer_than"),
            *("nobody_there", "silent_longer_than", "emails", "webhook"),
            *("quiet_from", "quiet_until", "time_zone", "digest_at"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_open_queues(self, "queue", Q(pk=self.instance.queue_id))
        for name in TIMES:
            if name in self.fields:
                self.fields[name].widget = TimeWidget(attrs={"type": "time"})

    def clean_waiting_longer_than(self) -> Any:
        """Return the time, if it is one that queues may have."""
        return self._checked("waiting_longer_than")

    def clean_silent_longer_than(self) -> Any:
        """Return the time, if it is one that queues may have."""
        return self._checked("silent_longer_than")

    def _checked(self, name: str) -> Any:
        duration = self.cleaned_data[name]
        return duration and DurationField.check(duration)

    def clean_webhook(self) -> str:
        """Return the webhook. Raises ValidationError for an address that is not allowed."""
        url: str = self.cleaned_data["webhook"]
        try:
            if url:
                webhooks.check(url)
        except webhooks.Undelivered as error:
            raise forms.ValidationError(capfirst(str(error))) from error
        return url
