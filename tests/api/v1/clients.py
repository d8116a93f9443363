"""Clients of /api/v1/, and what their calls cost."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from qc.models import User

V1 = "/api/v1"


def client_of(user: User) -> APIClient:
    """Return a client that acts as somebody, who need not be at work."""
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


def get(user: User, path: str, status: int = 200, **params: Any) -> Any:
    """Return the body of what somebody reads; raise AssertionError for another status."""
    answer = client_of(user).get(f"{V1}/{path}", params)
    assert answer.status_code == status, answer.content
    return answer.json()


def post(user: User, path: str, status: int = 200, body: Any = None, **options: Any) -> Any:
    """Return the body of what somebody's POST is answered."""
    answer = client_of(user).post(f"{V1}/{path}", body, **options)
    assert answer.status_code == status, answer.content
    return answer.json()


def names(body: Any, field: str) -> list[Any]:
    """Return one field of all results of a list."""
    return [one[field] for one in body["results"]]


def statements(act: Callable[[], Any]) -> int:
    """Return how many statements an act takes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def costs_the_same(act: Callable[[], Any], more: Callable[[], Any]) -> bool:
    """Return whether an act takes as many statements after `more` is there."""
    act()
    before = statements(act)
    more()
    return statements(act) == before
