"""How allauth's second factors fit in: their secrets are encrypted, and bear our names."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from qc.core import encryption

PURPOSE = "qc.second_factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps secrets so that a copy of the database alone makes no codes."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return encryption.encrypt(PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret. Raise InvalidToken where SECRET_KEY is another one now."""
        return encryption.decrypt(PURPOSE, encrypted_text)

    def _get_user_identifier(self, user: Any) -> str:
        return str(user)

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)
