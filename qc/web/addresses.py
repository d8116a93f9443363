"""From which address a request came, also behind proxies."""

import re
from contextlib import suppress
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# Some proxies add the port: 203.0.113.9:51234 or [2001:db8::9]:51234.
WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")


def client_address(request: HttpRequest) -> str | None:
    """Return the address that called us, or with QC_BEHIND_PROXY the one that called our proxies.

    Each proxy writes who called it at the end of `X-Forwarded-For`. So with two of them it is the
    last but one; what stands before is what the client claims. Returns None where there is none,
    as on a socket that is a file.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.PROXIES else ""
    named = forwarded.split(",")[-settings.PROXIES :][0].strip()
    if found := WITH_PORT.fullmatch(named):
        named = found[1] or found[2]
    with suppress(ValueError):
        return str(ip_address(named))
    return request.META.get("REMOTE_ADDR") or None
