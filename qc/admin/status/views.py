"""*Status*: whether QC Desk is well; for superusers, and whoever may view background jobs.

The page polls its panel, which answers 204 while nothing has changed.
"""

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext as _

from qc.admin.shared.access import NOTHING_NEW, page_view
from qc.admin.shared.etags import version
from qc.admin.status.state import StatusState

PERMISSION = "qc.view_jobrun"

status_view = page_view(PERMISSION, after_sign_in="admin:status")


@status_view
def page(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    context = site.each_context(request) | {"title": _("Status"), "parts": _parts(request)}
    context["seen"] = version(context["parts"])
    return render(request, "qc/status/page.html", context)


@status_view
def panel(request: HttpRequest) -> HttpResponse:
    """Return the panel; 204 when it is still as `seen`."""
    parts = _parts(request)
    seen = version(parts)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/status/panel.html", {"parts": parts, "seen": seen})


def _parts(request: HttpRequest) -> str:
    return render_to_string("qc/status/parts.html", {"state": StatusState()}, request)


urlpatterns = [
    path("status/", page, name="status"),
    path("status/panel/", panel, name="status_panel"),
]
