"""Errors as `application/problem+json` (RFC 9457): what all calls below /api/v1/ answer."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

CONTENT_TYPE = "application/problem+json"
BELOW = "/api/v1/"


def are_meant(request: HttpRequest) -> bool:
    """Return whether a request is for a call whose errors are problems."""
    return request.path.startswith(BELOW)


def problem(status: int, errors: Any) -> dict[str, Any]:
    """Return a problem; `errors` is {"detail": …}, or field → messages."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase}
    body["status"] = status
    if isinstance(errors, dict) and set(errors) == {"detail"} and isinstance(errors["detail"], str):
        return body | errors
    text = _("Something that was sent is not allowed.")
    return body | {"detail": text, "errors": errors}
