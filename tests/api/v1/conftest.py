"""Clients of /api/v1/: people who are known already."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from qc.models import User
from qc.work import presence

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def client_of() -> ClientOf:
    """Return a client of somebody, without a request to sign in."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of


@pytest.fixture
def at_work(client_of: ClientOf) -> ClientOf:
    """Return a client of somebody who is signed in and free."""

    def at_work(user: User) -> APIClient:
        presence.sign_in(user.pk)
        return client_of(user)

    return at_work
