"""Middleware that leads to where people show who they are, and back."""

from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from qc.web.middleware import Middleware
from qc.web.referers import own_referer
from qc.web.refusals import FORBIDDEN
from qc.web.second_factors import NEEDS_ONE, SET_ONE_UP

NOTHING_NEW = 204
# What people can reach who must have a second factor first.
REACHABLE = {"login", "logout", "mfa_authenticate", "still_here", "new_password"}
REACHABLE |= {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
REACHABLE |= {"openid_connect_login", "openid_connect_callback", "alive", "jsi18n"}


class ProofMiddleware(Middleware):
    """Asks for a second factor of those who must have one, and for a new proof where one is due."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Lead those who must have a second factor and have none to where they set it up.

        That was found out when their session began: it costs no statement.
        """
        match = request.resolver_match
        if NEEDS_ONE not in request.session or (match and match.url_name in REACHABLE):
            return None
        if not request.path.startswith("/admin/"):
            return JsonResponse({"detail": str(SET_ONE_UP)}, status=FORBIDDEN)
        return _go_to(request, reverse("mfa_index"))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Ask for a new proof, then lead back to the page, where what was typed is kept."""
        if not isinstance(error, ReauthenticationRequired):
            return None
        is_page = request.method == "GET" and "HX-Request" not in request.headers
        back = request.get_full_path() if is_page else own_referer(request)
        page = redirect_to_login(back or reverse("admin:index"), reverse("account_reauthenticate"))
        return _go_to(request, page.url)


def _go_to(request: HttpRequest, page: str) -> HttpResponse:
    """Return a redirect of the whole page, also when only a part of it was asked for."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=NOTHING_NEW, headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)
