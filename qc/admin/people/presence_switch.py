"""The switch in the header of every page: who is signed in, whether they are there, a break."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qc.admin.shared.access import guarded
from qc.admin.shared.dialogs import next_page
from qc.core.exceptions import QCError
from qc.work import actions


def urls(site: Any) -> list[URLPattern]:
    """Return the addresses of its buttons: everybody who may enter has a presence of their own."""
    inside = partial(guarded, site, None, "admin:index")
    return [
        path("presence/break/", inside(require_POST(take_break)), name="take_break"),
        path("presence/back/", inside(require_POST(come_back)), name="come_back"),
    ]


def take_break(request: HttpRequest) -> HttpResponse:
    """Take a break, for a reason of the list or for one that is written."""
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
    said = _("You are on break. You get no new tasks until you are back.")
    return _switch(request, partial(actions.take_break, reason=reason), said)


def come_back(request: HttpRequest) -> HttpResponse:
    """Come back from a break, or after having been signed out."""
    return _switch(request, actions.come_back, _("Welcome back."))


def _switch(request: HttpRequest, change: Callable[..., Any], said: str) -> HttpResponse:
    try:
        change(request.user.pk, by=request.user)
        messages.success(request, said)
    except QCError as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(next_page(request, reverse("admin:index")))
