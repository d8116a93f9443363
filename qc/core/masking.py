"""Addresses as they may be read by others: an e-mail address is personal, a webhook is a secret."""

from urllib.parse import urlsplit

from django.utils.crypto import salted_hmac


def masked(address: str) -> str:
    """Return an address without what is personal or secret in it.

    The mark behind it is another one for another address, so that a change is seen.
    """
    if not address:
        return ""
    mark = salted_hmac("qc.alerts", address, algorithm="sha256").hexdigest()[:6]
    if "://" in address:
        return f"{urlsplit(address).hostname}/… ({mark})"
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}…@{host} ({mark})"
