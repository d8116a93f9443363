"""Who asks."""

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from qc.models import User


def user_of(request: HttpRequest | Request) -> User:
    """Return the user of a request, who has signed in: the page or the call let in nobody else."""
    return cast("User", request.user)
