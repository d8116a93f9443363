"""Refusals of whole requests, in the look and the words of the pages."""

from typing import Any

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from qc.web.referers import own_referer

FORBIDDEN = 403
# Tells the page's scripts why a request was refused.
WHY = "QC-Refused"


def refuse(request: HttpRequest, status: int, text: str, *, why: str) -> HttpResponse:
    """Return a refusal: a page, or a text for a part of a page."""
    if "HX-Request" in request.headers:
        return HttpResponse(text, status=status, content_type="text/plain", headers={WHY: why})
    context = {"text": text, "why": why, "back": own_referer(request)}
    response = whole_page(request, "qc/web/refused.html", context, status)
    response.headers[WHY] = why
    return response


def whole_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return a page with the look and the scripts of all others."""
    return render(request, template, site.each_context(request) | context, status=status)


def stale_page(request: HttpRequest, reason: str = "", **_kwargs: Any) -> HttpResponse:
    """Answer a form whose token is no longer valid."""
    text = _(
        "This page was opened before you last signed in, or your browser sends no cookies. "
        "Nothing was changed. Open the page again and repeat what you did."
    )
    return refuse(request, FORBIDDEN, text, why="token")


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer somebody who may not see a page or do something."""
    text = _(
        "You may not see this page or do this. If your work needs it, ask a manager for the right, "
        "or sign in as somebody who has it."
    )
    return refuse(request, FORBIDDEN, text, why="right")
