"""Clients of the API."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from qc.models import User


@pytest.fixture
def api_client() -> APIClient:
    """A client that nobody has signed in with."""
    return APIClient()


@pytest.fixture
def sign_in() -> Callable[[User], APIClient]:
    """Sign somebody in through POST /login/; return a client with their token."""

    def sign_in(user: User) -> APIClient:
        client = APIClient()
        answer = client.post("/login/", {"username": user.username, "password": "demo"})
        assert answer.status_code == 200, answer.content
        client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
        return client

    return sign_in
