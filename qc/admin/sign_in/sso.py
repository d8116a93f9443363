"""Single sign-on: the way to the provider of identities and back (OpenID Connect, by allauth).

Of allauth's pages only these two are there. Whose account it is, is in
`qc.admin.sign_in.identities`; what follows is as after a password.
"""

import logging
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from requests import RequestException

from qc.admin.sign_in import flow, identities, new_password, sso_pages, terminal, ways_in
from qc.admin.sign_in.identities import PROVIDER_ID, Identity, Refused
from qc.web import proofs, sign_ins
from qc.web.refusals import whole_page

logger = logging.getLogger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
# By the second one it says when it asked (`auth_time`), so that nobody can leave out the first.
ASK_ANEW = {"prompt": "login", "max_age": "0"}
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")


class Connection(OpenIDConnectOAuth2Adapter):
    """What the provider says of itself, and the exchange of a code for claims."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error where it is not what we trust."""
        config: dict[str, Any] = super().openid_config
        issuer = ways_in.provider().issuer
        if config.get("issuer") != issuer:
            raise OAuth2Error(f"The provider calls itself {config.get('issuer')!r}, not {issuer!r}")
        scheme = issuer.partition("://")[0]
        for name in ENDPOINTS:
            if not str(config.get(name)).startswith((f"{scheme}://", "https://")):
                raise OAuth2Error(f"The provider has no {name} that can be used")
        return config


class Provider(OpenIDConnectProvider):
    """The one provider, which the settings name."""

    oauth2_adapter_class = Connection
    pkce_enabled_default = True

    def extract_uid(self, data: Any) -> str:
        """Return how an account of the provider is stored."""
        return Identity(data).uid

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Return nothing: what the provider knows of people is not kept beside their account."""
        return {}

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        """Return the sign-in, which has its claims. Raises OAuth2Error without an ID token."""
        token, more = response.get("id_token"), response.get("userinfo") or {}
        subject = (token or {}).get("sub")
        if not subject or more.get("sub", subject) != subject:
            raise OAuth2Error("There is no ID token, or further claims are somebody else's")
        login = super().sociallogin_from_response(request, more | token)
        login.identity = Identity(more | token)
        return login


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Leads what allauth finds out into our own rules and pages."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: Any = None) -> Provider:
        """Return the provider that the settings name, without a look into the database."""
        found = ways_in.provider()
        app = SocialApp(
            provider="openid_connect",
            provider_id=PROVIDER_ID,
            name=found.name,
            client_id=found.client_id,
            secret=found.client_secret,
            settings={"server_url": found.issuer.rstrip("/") + DISCOVERY},
        )
        return Provider(request, app=app)

    def list_apps(self, *_args: Any, **_kwargs: Any) -> list[SocialApp]:
        """Return none: providers are not kept in the database."""
        return []

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Sign in whose account it is, in place of what allauth would do now."""
        raise ImmediateHttpResponse(_sign_in(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Answer with a page of ours."""
        if request.GET.get("error") == "access_denied":
            answer = sso_pages.cancelled(request)
        elif exception is None and "state_id" in (extra_context or {}):
            answer = sso_pages.expired(request)
        else:
            answer = _away(request, exception or request.GET.get("error", ""))
        raise ImmediateHttpResponse(answer)


def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to the provider.

    By a page that goes there by itself: the answer to a form may redirect to ourselves only, by our
    policy for content, and a provider may lead on to others.
    """
    if request.method != "POST":
        return redirect("admin:login")
    provider = get_adapter().get_provider(request, provider_id)
    try:
        answer = provider.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            data=new_password.opened_link(request),
            auth_params=ASK_ANEW if _asks_anew(request) else {},
        )
    except (RequestException, OAuth2Error) as error:
        return _away(request, error)
    context = {"provider": provider.name, "address": answer["Location"]}
    return whole_page(request, "qc/sign_in/to_provider.html", context)


def from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whoever comes back from the provider, or say why not."""
    try:
        return OAuth2CallbackView.adapter_view(Connection(request, provider_id))(request)
    except (RequestException, OAuth2Error) as error:
        # What the provider says of itself is read where allauth catches nothing.
        return _away(request, error)


def _asks_anew(request: HttpRequest) -> bool:
    """Return whether the provider is to ask who somebody is, although it may know.

    Nobody comes in as who signed out here before; who is in already shows that it is still them.
    """
    return request.user.is_authenticated or not terminal.is_somebodys(request)


def _sign_in(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    """Return the next step of a sign-in by the provider, or a refusal."""
    invited = None
    if link := login.state.get("data"):
        invited = new_password.person_of(**link)
        if invited is None:
            return sso_pages.invalid_link(request)
    try:
        person = identities.person_of(login.identity, invited)
    except Refused as refusal:
        sign_ins.refused(request, refusal.name, refusal.why)
        return sso_pages.refused(request, refusal.why, refusal.name)
    if login.identity.shown_at is not None:
        proofs.given_at(request, login.identity.shown_at)
    page = login.get_redirect_url(request) or reverse("admin:index")
    proof = proofs.PROVIDER_MFA if login.identity.has_second_factor else proofs.PROVIDER
    return flow.go_on(request, person, page, proof=proof)


def _away(request: HttpRequest, error: Any) -> HttpResponse:
    logger.warning("Single sign-on failed: %r", error)
    return sso_pages.away(request)


def _page(view: Any, methods: list[str]) -> Any:
    """Return a view that is there only where the settings name a provider."""

    def inner(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        ways_in.provider()
        return allowed(request, **kwargs)

    allowed = never_cache(require_http_methods(methods)(view))
    return inner


# With the names by which allauth finds them.
urlpatterns = [
    path(
        "sso/",
        _page(to_provider, ["GET", "POST"]),
        {"provider_id": PROVIDER_ID},
        name="openid_connect_login",
    ),
    path(
        "sso/callback/",
        _page(from_provider, ["GET"]),
        {"provider_id": PROVIDER_ID},
        name="openid_connect_callback",
    ),
]
