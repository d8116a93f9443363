"""How allauth, which brings second factors and other providers, fits into our own sign-in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from qc.admin.sign_in import flow
from qc.web import proofs


class AccountAdapter(DefaultAccountAdapter):
    """Leads each sign-in that allauth begins into our own flow; nobody makes their own account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: managers make accounts."""
        return False

    def pre_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None, **_kwargs: Any
    ) -> HttpResponse:
        """Return the next step of a sign-in by a provider; allauth itself begins no session."""
        page = redirect_url or reverse("admin:index")
        return flow.go_on(request, user, page, proof=proofs.PROVIDER)

    def is_reauthentication_required(self, *, app: str, **_kwargs: Any) -> bool:
        """Return whether the last proof is too old for what a page of allauth's is about to do."""
        return not proofs.is_recent(context.request)
