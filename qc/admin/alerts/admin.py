"""The pages of alerts: managers edit them, auditors see them without the secret of a webhook."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc import permissions
from qc.admin.alerts.columns import causes_of, result_of
from qc.admin.alerts.forms import AlertForm
from qc.admin.shared import labels
from qc.admin.shared.base import LockedModelAdmin
from qc.admin.shared.dialogs import NoReasonForm, dialog_action
from qc.admin.shared.open_queues import OpenQueuesFilter
from qc.alerts import changes, sending
from qc.core.masking import masked
from qc.models import Alert, EventKind


@admin.register(Alert)
class AlertAdmin(LockedModelAdmin):
    """Lists alerts with what they sent last, edits and deletes them, and sends tests."""

    form = AlertForm
    list_display = ("name", "queue_label", "causes", "recipients", "state", "result")
    list_filter = (("queue", OpenQueuesFilter), "is_active")
    list_select_related = ("queue",)
    search_fields = ("name",)
    sortable_by = ()
    actions_detail = ("test",)
    readonly_fields = ("result", "webhook_shown")
    fieldsets = (
        (None, {"fields": ("name", "queue", "is_active")}),
        (
            _("Causes"),
            {
                "fields": (
                    ("late_more_than", "waiting_longer_than"),
                    ("nobody_there", "silent_longer_than"),
                ),
                "description": _("It is told once, and again only after it was over."),
            },
        ),
        (_("Recipients"), {"fields": ("emails", "webhook")}),
        (
            _("Times"),
            {
                "fields": (("quiet_from", "quiet_until"), ("digest_at", "time_zone")),
                "description": _("In quiet hours nothing is sent but the digest."),
            },
        ),
        (_("Last messages"), {"fields": ("result",)}),
    )

    test = dialog_action(
        "test",
        sending.test,
        label=_("Send a test"),
        question=_("It goes to all recipients at once, as they are saved."),
        done=_("The test of %(item)s was sent to all recipients."),
        icon="send",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see the alerts."""
        return permissions.is_auditor(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may add, change and delete alerts."""
        return permissions.is_manager(request.user)

    has_add_permission = has_delete_permission = has_change_permission

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; whoever may not change the webhook sees only where it is."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return fieldsets if obj else fieldsets[:-1]
        hidden = {"fields": ("emails", "webhook_shown")}
        return [(name, hidden if name == _("Recipients") else one) for name, one in fieldsets]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no action for several alerts: Django's own deletes them without an event."""
        return {}

    def save_model(self, request: HttpRequest, obj: Alert, form: Any, change: bool) -> None:
        """Save the alert with the event of its change."""
        before = changes.as_recorded(obj.pk)
        super().save_model(request, obj, form, change)
        changes.record(before, changes.as_recorded(obj.pk))
        changes.forget_obsolete(obj)

    def delete_model(self, request: HttpRequest, obj: Alert) -> None:
        """Delete an alert, which leaves an event."""
        before = changes.as_recorded(obj.pk)
        super().delete_model(request, obj)
        changes.record(before, {})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the audit trail, which has the changes of alerts."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = urlencode({"kind": EventKind.ALERT_CHANGED})
        return HttpResponseRedirect(f"{reverse('admin:trail')}?{kind}")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """Return the alerts with their queues."""
        return super().get_queryset(request).select_related("queue")

    @admin.display(description=_("queue"))
    def queue_label(self, alert: Alert) -> str:
        """Return the queue's name, or that it is about all."""
        return str(alert.queue or gettext("all"))

    @admin.display(description=_("causes"))
    def causes(self, alert: Alert) -> str:
        """Return what it tells of, in short."""
        return ", ".join(causes_of(alert))

    @admin.display(description=_("recipients"))
    def recipients(self, alert: Alert) -> str:
        """Return to whom it goes; a webhook only by its host."""
        return ", ".join(
            masked(one).split("/")[0] if "://" in one else one for one in alert.addresses
        )

    @admin.display(description=_("status"))
    def state(self, alert: Alert) -> SafeString:
        """Return whether it sends anything, as a label."""
        if alert.is_active:
            return labels.label(gettext("active"), "success")
        return labels.label(gettext("switched off"))

    @admin.display(description=_("last sent"))
    def result(self, alert: Alert) -> SafeString:
        """Return when it has sent something last, and what failed last."""
        return result_of(alert)

    @admin.display(description=_("webhook of a chat"))
    def webhook_shown(self, alert: Alert) -> str:
        """Return where the webhook is, without its secret."""
        return masked(alert.webhook) or "–"
