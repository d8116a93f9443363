"""The buttons in the header of every page that begin and end one's own break."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc.admin.shared.access import page_view
from qc.admin.shared.dialogs import next_page
from qc.core.exceptions import QCError
from qc.work import actions

presence_button = page_view(after_sign_in="admin:index", methods=["POST"])


@presence_button
def take_break(request: HttpRequest) -> HttpResponse:
    """Take a break, for a reason from the list or a written one."""
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
    message = _("You are on break. You get no new tasks until you are back.")
    return _switch(request, partial(actions.take_break, reason=reason), message)


@presence_button
def come_back(request: HttpRequest) -> HttpResponse:
    """Come back from a break, or after being signed out."""
    return _switch(request, actions.come_back, _("Welcome back."))


def _switch(request: HttpRequest, change: Callable[..., Any], message: str) -> HttpResponse:
    try:
        change(request.user.pk, by=request.user)
        messages.success(request, message)
    except QCError as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(next_page(request, reverse("admin:index")))


urlpatterns = [
    path("presence/break/", take_break, name="take_break"),
    path("presence/back/", come_back, name="come_back"),
]
