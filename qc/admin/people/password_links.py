"""The page with the link by which a person chooses a password; nobody chooses it for them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from qc import permissions
from qc.admin.people import invites
from qc.admin.shared.base import AuditedModelAdmin
from qc.admin.shared.dialogs import find
from qc.models import User


class PasswordLinks(AuditedModelAdmin):
    """Makes a link for a new person, and for one who has forgotten theirs."""

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Make a link by which the person chooses a password; nobody chooses it for them."""
        person = find(self, request, id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if request.method != "POST":
            return self._link_page(request, person)
        if not person.is_active:
            messages.error(request, gettext("%s is deactivated.") % person)
            return self._link_page(request, person)
        return self._new_link(request, person.pk)

    def response_add(self, request: HttpRequest, obj: User, *args: Any) -> HttpResponse:
        """Show the link by which the new person chooses a password."""
        return self._new_link(request, obj.pk)

    def _new_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a link for a person, and show it: this once."""
        invites_made = invites.make(request, [pk])
        [invite] = invites_made.all
        return self._link_page(request, invite.person, invite.link, pk in invites_made.sent)

    def _link_page(
        self, request: HttpRequest, person: User, link: str = "", is_sent: bool = False
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": gettext("Password of %s") % person,
            "person": person,
            "link": link,
            "is_sent": is_sent,
            "hours": invites.HOURS,
            "input_classes": " ".join(INPUT_CLASSES),
        }
        return render(request, "qc/people/password_link.html", context)

    @admin.action(description=_("Make invite links"), permissions=["steer"])
    def invite_selected(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        """Make links for the selected people who have no password yet, and show them."""
        waiting = [one for one in queryset if one.is_active and not one.has_usable_password()]
        ids = permissions.edited_by(request.user, waiting)
        if ids:
            return invites.page(request, self.admin_site.each_context(request), ids)
        text = gettext(
            "Nobody of these waits for an invitation: they have a password, are deactivated, or "
            "you may not edit their account."
        )
        messages.warning(request, text)
        return None
