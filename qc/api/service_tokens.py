"""Signs in other systems by their service tokens, on /api/v1/ alone."""

import logging
from typing import Any

from django.db.models import OuterRef
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from qc import permissions
from qc.audit import service_tokens
from qc.core.compiled_queries import Prepared
from qc.models import ServiceToken, User
from qc.models.service_tokens import PREFIX, digest_of, key_in
from qc.web.addresses import client_address

logger = logging.getLogger(__name__)

SCHEMES = (b"bearer", b"token")
# A token with its account and the account's rights, as one statement.
OF_KEY = Prepared(
    lambda key: (
        ServiceToken.objects.filter(key=key)
        .select_related("account")
        .annotate(rights=permissions.rights_of(OuterRef("account")))
    )
)


class ServiceTokenAuthentication(BaseAuthentication):
    """Accepts a secret of a service token that is valid, from an address that it may be used from.

    Whatever is wrong about one, the answer is the same; the log and the audit trail say what.
    """

    def authenticate(self, request: Request) -> tuple[User, ServiceToken] | None:
        """Return account and token; None where none was sent. Raise AuthenticationFailed."""
        secret = _secret_in(request)
        if secret is None:
            return None
        address = client_address(request._request)
        token = _find(secret)
        if token is None:
            logger.warning("Unknown service token from %s", address)
            raise AuthenticationFailed(_("Invalid token."))
        if why := token.why_refused(digest_of(secret), address):
            service_tokens.refused(token, why, address)
            raise AuthenticationFailed(_("Invalid token."))
        service_tokens.used(token, address)
        return token.account, token

    def authenticate_header(self, request: Request) -> str:
        """Return the header that makes a refusal a 401."""
        return "Bearer"


def _secret_in(request: Request) -> str | None:
    """Return the secret that a request has sent; None for none, or another kind of token."""
    scheme, _blank, value = get_authorization_header(request).strip().partition(b" ")
    secret = value.strip().decode(errors="replace")
    is_ours = scheme.lower() in SCHEMES and secret.startswith(PREFIX)
    return secret if is_ours else None


def _find(secret: str) -> Any:
    """Return the token of a secret with its account, whose rights are known; None without any."""
    key, digest = key_in(secret), digest_of(secret)
    for token in OF_KEY.items(key) if key else ():
        if token.has_secret(digest):
            permissions.know_rights(token.account, token.rights)
            return token
    return None
