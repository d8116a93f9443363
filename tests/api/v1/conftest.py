"""Clients of /api/v1/: people by their sessions."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from qc.models import User


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """Return a client of somebody, as a page of theirs would be one."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of
