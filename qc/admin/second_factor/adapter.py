"""How allauth's second factors fit in: their secrets are encrypted, and bear our names."""

import base64
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps secrets so that a copy of the database alone makes no codes."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a stored secret. Raise InvalidToken where SECRET_KEY is another one now."""
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def _get_user_identifier(self, user: Any) -> str:
        return str(user)

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_key(key) for key in keys])


def _key(secret: str | bytes) -> Fernet:
    digest = salted_hmac("qc.second_factor", "key", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
