"""Tokens, which end together with their person's access."""

from typing import Any

from django.utils.translation import gettext as _
from knox import auth
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(auth.TokenAuthentication):
    """Accepts a token unless the person's access has ended since it was issued."""

    def validate_user(self, auth_token: Any) -> Any:
        """Return the person and the token. Raise AuthenticationFailed for one that has ended."""
        user, token = super().validate_user(auth_token)
        if user.access_ended_at and token.created <= user.access_ended_at:
            raise AuthenticationFailed(_("The access of this token has ended. Please sign in."))
        return user, token
