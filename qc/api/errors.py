"""Errors of the domain as answers of the API."""

from typing import Any

from rest_framework.response import Response


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Placeholder."""
    return None
