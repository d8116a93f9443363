"""Middleware that keeps a page from acting for anybody but the person it was drawn for."""

from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from qc.models import User
from qc.web import refusals
from qc.web.middleware import Middleware

CONFLICT, NOTHING_NEW = 409, 204
# Set by qc/static/qc/shared/requests.js, as a header or a field: the person's id and quoted name.
DRAWN_FOR, DRAWN_FOR_FIELD = "QC-Drawn-For", "qc_drawn_for"


class EndedSessionMiddleware(Middleware):
    """Lets a page reload itself where a part of it would get the sign-in page in its place."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a redirect to the sign-in page with a command to reload."""
        response = self.get_response(request)
        if "HX-Request" not in request.headers or "Location" not in response.headers:
            return response
        sign_in = resolve_url("admin:login")
        if request.path == sign_in or not response.headers["Location"].startswith(sign_in):
            return response
        return HttpResponse(status=NOTHING_NEW, headers={"HX-Refresh": "true"})


class SamePersonMiddleware(Middleware):
    """Refuses what a page sends that was drawn for somebody else than who is signed in now."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 409, in words, if somebody else has signed in in another tab."""
        number, _slash, name = _drawn_for(request).partition("/")
        user = request.user
        if not number or not isinstance(user, User) or number == str(user.pk):
            return self.get_response(request)
        names = {"now": user.get_username(), "before": unquote(name)}
        text = _("You are signed in as %(now)s here now; this page was opened by %(before)s.")
        return refusals.refuse(request, CONFLICT, text % names, why="person")


def _drawn_for(request: HttpRequest) -> str:
    header = request.headers.get(DRAWN_FOR, "")
    if header or request.method != "POST" or not request.path.startswith("/admin/"):
        return header
    return str(request.POST.get(DRAWN_FOR_FIELD, ""))
