"""Errors as `application/problem+json` (RFC 9457), with the sentences of the other calls."""

from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from qc.api import errors

CONTENT_TYPE = "application/problem+json"


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an error: its `detail`, and for a 400 its `errors` by field."""
    response = errors.handle(error, context)
    if response is not None:
        response.data = problem(response.status_code, response.data)
        response.content_type = CONTENT_TYPE
    return response


def problem(status: int, said: Any) -> dict[str, Any]:
    """Return a problem; `said` is {"detail": …}, or field → messages."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase}
    body["status"] = status
    if isinstance(said, dict) and set(said) == {"detail"}:
        return body | said
    return body | {"detail": _("Something that was sent is not allowed."), "errors": said}
