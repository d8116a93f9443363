"""*Verify now*: all seals verified for whoever may read the trail, and how to do it alone.

A small trail is verified while its reader waits, a large one by a worker: the page shows how far
it is.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from qc import tasks
from qc.admin.shared import downloads
from qc.admin.shared.access import page_view
from qc.audit import on_demand
from qc.audit.seals import archived_rows
from qc.core.exceptions import Busy

PAGE = "admin:trail_verification"


@page_view("qc.view_historicaltask", after_sign_in=PAGE, methods=("GET", "POST"))
def page(request: HttpRequest) -> HttpResponse:
    """Show the last verification that somebody asked for; a POST begins one."""
    if request.method == "POST":
        return _begin(request)
    context = site.each_context(request) | {"title": _("Verify the audit trail")}
    context["file"] = downloads.named("audit-trail", "jsonl")
    return render(request, "qc/trail/verification.html", context | _shown())


@page_view("qc.view_historicaltask", after_sign_in=PAGE)
def panel(request: HttpRequest) -> HttpResponse:
    """Return how far the verification is; when it has ended, the page reloads."""
    shown = _shown()
    if shown["verification"] is None or shown["verification"].ended_at:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "qc/trail/verification_panel.html", shown)


def _begin(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    try:
        tasks.dispatch_verification(on_demand.begin(user))
    except Busy as error:
        messages.warning(request, str(error))
    return redirect(PAGE)


def _shown() -> dict[str, Any]:
    verification = on_demand.newest()
    violations = on_demand.named_violations(verification) if verification else []
    archived = 0
    if verification and verification.ended_at:
        archived = archived_rows.count(verification.last, verification.ended_at)
    return {"verification": verification, "violations": violations, "archived": archived}


urlpatterns = [
    path("trail/verification/", page, name="trail_verification"),
    path("trail/verification/panel/", panel, name="trail_verification_panel"),
]
