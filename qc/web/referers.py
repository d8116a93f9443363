"""Where a request came from."""

from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_referer(request: HttpRequest) -> str:
    """Return the path of the page of ours that the request came from, or ""."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    parts = urlsplit(referer)
    return urlunsplit(("", "", parts.path, parts.query, ""))
