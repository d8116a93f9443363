"""Encrypts secrets, so that a copy of the database alone is of no use: by a key of SECRET_KEY.

Keys from before (SECRET_KEY_FALLBACKS) still decrypt. Each purpose has a key of its own.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

__all__ = ["InvalidToken", "decrypt", "encrypt"]


def encrypt(purpose: str, text: str) -> str:
    """Return a secret as it is stored."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def decrypt(purpose: str, stored: str) -> str:
    """Return a stored secret. Raise InvalidToken where SECRET_KEY is another one now."""
    return _fernet(purpose).decrypt(stored.encode()).decode()


def _fernet(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_key(purpose, key) for key in keys])


def _key(purpose: str, secret: str | bytes) -> Fernet:
    digest = salted_hmac(purpose, "key", secret=secret, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(digest))
