"""Secrets of webhooks, and signatures by them: Standard Webhooks 1.0.0."""

import base64
import hmac
import secrets
from datetime import datetime

from django.utils.crypto import salted_hmac

from qc.core import encryption
from qc.models import Webhook

PURPOSE = "qc.webhooks"
PREFIX = "whsec_"
BYTES = 32


def new_secret() -> str:
    """Return a secret, as its receiver gets it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def stored(secret: str) -> str:
    """Return a secret as it is stored."""
    return encryption.encrypt(PURPOSE, secret)


def mark(secret: str) -> str:
    """Return a mark of a stored secret that tells nothing of it, but that it is another one."""
    return salted_hmac(PURPOSE, secret, algorithm="sha256").hexdigest()[:6] if secret else ""


def headers(webhook: Webhook, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of an attempt, signed by the secret, and by the previous one meanwhile.

    Raises InvalidToken where SECRET_KEY is another one than when the secret was stored.
    """
    used = [webhook.secret]
    if webhook.has_previous(now):
        used.append(webhook.previous_secret)
    moment = str(int(now.timestamp()))
    signed = f"{message_id}.{moment}.".encode() + body
    signatures = [_signature(encryption.decrypt(PURPOSE, one), signed) for one in used]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
