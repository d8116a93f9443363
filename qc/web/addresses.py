"""From which address a request came, also behind a proxy."""

from contextlib import suppress
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address that called us, or with QC_BEHIND_PROXY the one that called our proxy.

    That is the last of `X-Forwarded-For`, which the proxy itself has written: what stands before is
    what the client claims. Returns None where there is none, as on a socket that is a file.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    with suppress(ValueError):
        return str(ip_address(forwarded.rpartition(",")[2].strip()))
    return request.META.get("REMOTE_ADDR") or None
