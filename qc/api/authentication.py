"""Tokens, which end together with their person's access."""

from hmac import compare_digest
from typing import Any

from django.db.models import OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from knox import auth
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from qc import permissions
from qc.core.compiled_queries import Prepared

# Almost always one: the key is the beginning of a token.
OF_KEY = Prepared(
    lambda key: (
        get_token_model()
        .objects.filter(token_key=key)
        .select_related("user")
        .annotate(rights=permissions.rights_of(OuterRef("user")))
    )
)


class TokenAuthentication(auth.TokenAuthentication):
    """Accepts a token that has not expired, unless the person's access has ended since its issue.

    One statement reads the token, its person and their rights. Tokens that have expired are deleted
    by an hourly job.
    """

    def authenticate_credentials(self, token: bytes) -> Any:
        """Return the person and the token. Raise AuthenticationFailed unless it is valid."""
        text = token.decode(errors="replace")
        digest = hash_token(text)
        for known in OF_KEY.items(text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if compare_digest(digest, known.digest) and not _has_expired(known):
                permissions.know_rights(known.user, known.rights)
                return self.validate_user(known)
        raise AuthenticationFailed(_("Invalid token."))

    def validate_user(self, auth_token: Any) -> Any:
        """Return the person and the token. Raise AuthenticationFailed for one that has ended."""
        user, token = super().validate_user(auth_token)
        if user.is_machine:
            raise AuthenticationFailed(_("Invalid token."))
        if user.access_ended_at and token.created <= user.access_ended_at:
            raise AuthenticationFailed(_("The access of this token has ended. Please sign in."))
        return user, token


def _has_expired(token: Any) -> bool:
    return token.expiry is not None and token.expiry < timezone.now()
