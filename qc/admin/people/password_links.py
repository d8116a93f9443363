"""The page with the link by which a person chooses a password; nobody chooses it for them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from unfold.widgets import INPUT_CLASSES

from qc import history
from qc.admin.shared.base import AuditedModelAdmin
from qc.admin.shared.dialogs import find
from qc.admin.sign_in import new_password
from qc.models import ChangeKind, User


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

    @transaction.atomic
    def _new_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record that a link is made for a person, and show it: this once."""
        person, by = User.objects.locked(pk).get(), request.user
        history.save(person, kind=ChangeKind.LINK_MADE, by=by, fields=[])  # type: ignore[arg-type]
        return self._link_page(request, person, new_password.link_for(request, person))

    def _link_page(self, request: HttpRequest, person: User, link: str = "") -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": gettext("Password of %s") % person,
            "person": person,
            "link": link,
            "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
            "input_classes": " ".join(INPUT_CLASSES),
        }
        return render(request, "qc/people/password_link.html", context)
