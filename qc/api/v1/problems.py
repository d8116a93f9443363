"""Errors as `application/problem+json` (RFC 9457), with the sentences of the other calls."""

from typing import Any

from rest_framework.response import Response

from qc.api import errors
from qc.web.problems import CONTENT_TYPE, problem


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an error: its `detail`, and for a 400 its `errors` by field."""
    response = errors.handle(error, context)
    if response is not None:
        response.data = problem(response.status_code, response.data)
        response.content_type = CONTENT_TYPE
    return response
