"""The pages of service tokens, for superusers: listed, made, changed, renewed and revoked."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import INPUT_CLASSES

from qc import permissions
from qc.admin.service_tokens.columns import TokenColumns
from qc.admin.service_tokens.forms import NewSecretForm, NewServiceTokenForm, ServiceTokenForm
from qc.admin.shared.base import LockedModelAdmin, after_commit
from qc.admin.shared.dialogs import dialog_action, find
from qc.admin.shared.returned import say_returned
from qc.audit import service_tokens
from qc.core.exceptions import QCError
from qc.models import ServiceToken, Task, User
from qc.models.service_tokens import WARNED_BEFORE
from qc.web import proofs
from qc.work import actions as work


def _revoke(token_id: int, *, by: User, reason: str) -> None:
    returned = service_tokens.revoke(token_id, by=by, reason=reason)
    _offer(returned)


def _offer(returned: Collection[Task]) -> None:
    """Hand out what a token held."""
    after_commit(work.hand_out_from, {task.queue_id for task in returned})


@admin.register(ServiceToken)
class ServiceTokenAdmin(TokenColumns, LockedModelAdmin):
    """Lists service tokens, makes them and shows their secret once, changes and revokes them."""

    form = ServiceTokenForm
    list_before_template = "qc/service_tokens/api_link.html"
    list_display = ("name", "state_label", "scopes_held", "expires", "last_use", "places")
    list_select_related = ("account",)
    search_fields = ("account__username",)
    sortable_by = ()
    actions_detail = ("new_secret", "revoke")
    readonly_fields = ("name", "state_label", "begins", "made", "last_use", "revoked")
    add_fieldsets = (
        (None, {"fields": ("name", "scopes")}),
        (_("Limits"), {"fields": ("last_day", "networks")}),
    )
    fieldsets = (
        (None, {"fields": (("name", "state_label"), "scopes")}),
        (_("Limits"), {"fields": ("last_day", "networks")}),
        (_("Use"), {"fields": (("begins", "last_use"), "made")}),
    )
    # A revoked one can only be read.
    reading_fieldsets = (
        (None, {"fields": (("name", "state_label"), "scopes_held")}),
        (_("Limits"), {"fields": (("expires", "places"),)}),
        (_("Use"), {"fields": (("begins", "last_use"), "made", "revoked")}),
    )

    class Media:
        css: ClassVar = {"all": ["qc/service_tokens/service_tokens.css"]}

    revoke = dialog_action(
        "revoke",
        _revoke,
        label=_("Revoke"),
        question=_(
            "It can't be used any more from now on, and tasks that it holds go back. This cannot "
            "be undone: make a new one where the system needs one again."
        ),
        done=_("%(item)s is revoked."),
        icon="block",
        variant=ActionVariant.DANGER,
        permission="superuser",
    )

    def has_superuser_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether this user may use the actions."""
        return permissions.is_superuser(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see, and make, service tokens."""
        return permissions.is_superuser(request.user)

    has_add_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may change service tokens, or this one."""
        is_over = obj is not None and obj.revoked_at is not None
        return permissions.is_superuser(request.user) and not is_over

    def available_actions(self, request: HttpRequest, item: ServiceToken) -> Collection[str]:
        """Return the names of the actions that make sense for a token as it is now."""
        return self.actions_detail if item.revoked_at is None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceToken]:
        """Return the tokens with who made and revoked them."""
        tokens = super().get_queryset(request)
        return tokens.select_related("account", "created_by", "revoked_by")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no action for several tokens: Django's own would delete them."""
        return {}

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the form; that of a new token asks for a name too."""
        kwargs["form"] = ServiceTokenForm if obj else NewServiceTokenForm
        return super().get_form(request, obj, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections; of a revoked token all is only shown."""
        if obj is None:
            return self.add_fieldsets
        return (
            self.fieldsets if self.has_change_permission(request, obj) else self.reading_fieldsets
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields that are only shown; a new token is given its name."""
        if obj is None:
            return ()
        return (*self.readonly_fields, "scopes_held", "expires", "places")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the form without buttons that would lead past the page with the secret."""
        others = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context | others, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, with a warning about tokens that expire soon."""
        if request.method == "GET" and self.has_view_permission(request):
            _warn(request)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: ServiceToken, form: Any, change: bool) -> None:
        """Store a token as the form says; it takes a recent proof of who it is."""
        proofs.check(request)
        by: Any = request.user
        if not change:
            obj.secret = service_tokens.make(obj, form.cleaned_data["name"], by=by)  # type: ignore[attr-defined]
        elif form.changed_data:
            returned = service_tokens.change(obj, by=by)
            say_returned(request, returned)
            _offer(returned)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any) -> HttpResponse:
        """Show the secret of the new token: this once."""
        return self._secret_page(request, obj, obj.secret)

    @action(  # type: ignore[untyped-decorator]
        description=_("New secret"),
        url_path="new-secret",
        icon="key",
        permissions=["superuser"],
    )
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask when the old secret ends; make a new one, and show it this once."""
        proofs.check(request)
        token = find(self, request, object_id)
        form = NewSecretForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._page(request, "qc/service_tokens/new_secret.html", token, form=form)
        by: Any = request.user
        grace = timedelta(hours=form.cleaned_data["grace"])
        try:
            secret = service_tokens.renew(token.pk, by=by, grace=grace)
        except QCError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:qc_servicetoken_change", args=[token.pk]))
        return self._secret_page(request, token, secret)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the audit trail: to what the token did, and what was done to it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        params = urlencode({"person": find(self, request, object_id).name})
        return HttpResponseRedirect(f"{reverse('admin:trail')}?{params}")

    def _secret_page(self, request: HttpRequest, token: ServiceToken, secret: str) -> HttpResponse:
        address = request.build_absolute_uri("/api/v1/tasks/")
        more = {"secret": secret, "curl": f'curl -H "Authorization: Bearer {secret}" {address}'}
        return self._page(request, "qc/service_tokens/secret.html", token, **more)

    def _page(
        self, request: HttpRequest, template: str, token: ServiceToken, **more: Any
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Secret of %(name)s") % {"name": token.name},
            "token": token,
            "input_classes": " ".join(INPUT_CLASSES),
        }
        return render(request, template, context | more)


def _warn(request: HttpRequest) -> None:
    """Warn about the tokens that expire soon, by name."""
    now = timezone.now()
    soon = ServiceToken.objects.filter(
        revoked_at=None, expires_at__gt=now, expires_at__lte=now + WARNED_BEFORE
    )
    names = list(soon.values_list("account__username", flat=True))
    if names:
        text = ngettext(
            "%(names)s expires within 14 days. Choose a later day on its page.",
            "%(names)s expire within 14 days. Choose a later day on their pages.",
            len(names),
        )
        messages.warning(request, text % {"names": ", ".join(names)})
