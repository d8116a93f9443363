"""The list and form of webhooks: superusers edit them, managers and auditors see where they are."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from qc import permissions, webhooks
from qc.admin.shared.base import LockedModelAdmin
from qc.admin.shared.dialogs import NoReasonForm, dialog_action, find
from qc.admin.webhooks import columns, steps
from qc.admin.webhooks.forms import WebhookForm
from qc.core.wording import to_the_minute
from qc.models import EventKind, Webhook
from qc.web import proofs


def _link(name: str, view: str, label: Any, icon: str, permission: str, **options: Any) -> Any:
    """Return an action that leads to a page about the webhook."""

    def go(self: Any, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = find(self, request, object_id)
        return HttpResponseRedirect(reverse(f"admin:{view}", args=[webhook.pk]))

    go.__name__ = name
    address = name.replace("_", "-")
    return action(
        description=label, url_path=address, icon=icon, permissions=[permission], **options
    )(go)


@admin.register(Webhook)
class WebhookAdmin(LockedModelAdmin):
    """Lists webhooks with how they do, edits them, and shows the secret of a new one once."""

    form = WebhookForm
    list_display = ("name", "host", "state", "result", "waiting", "events", "in_queues")
    search_fields = ("name",)
    sortable_by = ()
    autocomplete_fields = ("queues",)
    actions_detail = (*("deliveries", "send_test", "new_secret", "pause", "resume", "switch_on"),)
    readonly_fields = (
        *("state", "result", "waiting", "host", "events", "only_outcomes", "in_queues"),
        "both_secrets",
    )
    fieldsets = (
        (None, {"fields": ("name", "url")}),
        (_("What it is told of"), {"fields": ("types", "outcomes", "queues")}),
    )
    reading_fieldsets = (
        (None, {"fields": ("name", "host")}),
        (_("What it is told of"), {"fields": ("events", "only_outcomes", "in_queues")}),
    )
    now = (_("Now"), {"fields": ("state", "result", "waiting")})

    class Media:
        css: ClassVar = {"all": ["qc/webhooks/webhooks.css"]}

    deliveries = _link("deliveries", "webhook_log", _("Deliveries"), "list_alt", "read")
    send_test = _link("send_test", "webhook_test", _("Send a test"), "send", "superuser")
    new_secret = _link("new_secret", "webhook_rotate", _("New secret"), "key", "superuser")
    pause = dialog_action(
        "pause",
        webhooks.pause,
        label=_("Pause"),
        question=_(
            "Nothing is sent to it until it is resumed. What happens meanwhile waits, for seven "
            "days at most."
        ),
        done=_("%(item)s is paused."),
        icon="pause",
        form=NoReasonForm,
        permission="superuser",
    )
    resume = dialog_action(
        "resume",
        webhooks.resume,
        label=_("Resume"),
        question=_("What has waited is sent first."),
        done=_("%(item)s is resumed."),
        icon="play_arrow",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
        permission="superuser",
    )
    switch_on = dialog_action(
        "switch_on",
        webhooks.switch_on,
        label=_("Switch on again"),
        question=_(
            "It was switched off because its receiver answered that it is gone (410). It is told "
            "of what happens from now on; what it has missed is not sent."
        ),
        done=_("%(item)s is switched on."),
        icon="toggle_on",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
        permission="superuser",
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see the webhooks."""
        return permissions.is_auditor(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may add, change and delete webhooks."""
        return permissions.is_superuser(request.user)

    has_add_permission = has_delete_permission = has_change_permission
    has_superuser_permission = has_change_permission

    def available_actions(self, request: HttpRequest, item: Webhook) -> list[str]:
        """Return the actions that make sense for this webhook now."""
        running = "resume" if item.is_paused else "pause"
        switch = "switch_on" if item.switched_off_at else running
        return ["deliveries", "send_test", "new_secret", switch]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; whoever may not change it sees only where it is, not its address."""
        fieldsets = self.fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets = self.reading_fieldsets
        if obj is None:
            return fieldsets
        names = [*self.now[1]["fields"], *(["both_secrets"] if self.both_secrets(obj) else [])]
        return ((self.now[0], {"fields": names}), *fieldsets)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no action for several webhooks: Django's own deletes them without an event."""
        return {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Return the webhooks with their queues, and with how many deliveries wait."""
        found = super().get_queryset(request).prefetch_related("queues")
        return columns.with_waiting(found)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form of a new one, with one button: what follows is the page with its secret."""
        others = dict.fromkeys(("show_save_and_add_another", "show_save_and_continue"), False)
        response: HttpResponse = super().add_view(request, form_url, others)
        return response

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Create or change the webhook, which leaves an event.

        Raises ReauthenticationRequired for a new one and for another address without a recent
        proof: all that happens is sent there.
        """
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if not change or "url" in changed:
            proofs.check(request)
        by: Any = request.user
        if change:
            webhooks.change(obj.pk, by=by, **changed)
            return
        made, request.webhook_secret = webhooks.create(by=by, **form.cleaned_data)  # type: ignore[attr-defined]
        obj.pk = made.pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: `save_model` has saved the queues, too."""

    def response_add(self, request: HttpRequest, obj: Webhook, *args: Any) -> HttpResponse:
        """Show the secret of the new webhook."""
        secret = request.webhook_secret  # type: ignore[attr-defined]
        return steps.secret_page(request, obj.pk, secret)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask whether to delete it, or delete it: Django's own page would read all its log."""
        webhook = find(self, request, object_id)
        if not self.has_delete_permission(request, webhook):
            raise PermissionDenied
        return steps.delete_page(request, webhook.pk)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the audit trail, which has the changes of webhooks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = urlencode({"kind": EventKind.WEBHOOK_CHANGED})
        return HttpResponseRedirect(f"{reverse('admin:trail')}?{kind}")

    @admin.display(description=_("receiver"))
    def host(self, webhook: Webhook) -> str:
        """Return the machine that it posts to, not its whole address."""
        return columns.host_of(webhook)

    @admin.display(description=_("status"))
    def state(self, webhook: Webhook) -> SafeString:
        """Return whether it sends, as a label."""
        return columns.state_of(webhook)

    @admin.display(description=_("last accepted"))
    def result(self, webhook: Webhook) -> SafeString:
        """Return when something was accepted last, and what failed last."""
        return columns.result_of(webhook)

    @admin.display(description=_("waiting"))
    def waiting(self, webhook: Webhook) -> str:
        """Return how many deliveries wait."""
        return columns.waiting_of(webhook)

    @admin.display(description=_("events"))
    def events(self, webhook: Webhook) -> str:
        """Return the events that it is told of."""
        return columns.types_of(webhook)

    @admin.display(description=_("outcomes"))
    def only_outcomes(self, webhook: Webhook) -> str:
        """Return the outcomes that it is limited to."""
        return columns.outcomes_of(webhook)

    @admin.display(description=_("queues"))
    def in_queues(self, webhook: Webhook) -> str:
        """Return the queues that it is told of."""
        return columns.queues_of(webhook)

    @admin.display(description=_("old secret"))
    def both_secrets(self, webhook: Webhook) -> str:
        """Return until when the old secret signs too; "" where it does not any more."""
        until = webhook.previous_until
        if until is None or not webhook.has_previous(timezone.now()):
            return ""
        return gettext("signs too until %(time)s") % {"time": to_the_minute(until)}
