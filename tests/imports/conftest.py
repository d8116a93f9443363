"""Managers in front of the import pages."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Import, User
from tests.imports.files import good_rows


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, data: str | bytes = good_rows(1), name: str = "tasks.csv") -> Any:
    """Upload a file; return the page that follows."""
    file = BytesIO(data.encode() if isinstance(data, str) else data)
    file.name = name
    return client.post(reverse("admin:imports"), {"file": file}, follow=True)


def press(client: Client, button: str, record: Import, **values: Any) -> Any:
    """Press a button of an import's page; return the page that follows."""
    return client.post(reverse(f"admin:import_{button}", args=[record.pk]), values, follow=True)


@pytest.fixture
def waiting_jobs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep the jobs that workers are asked for: gives which imports they are for."""
    requested: list[int] = []
    ask: Callable[..., None] = lambda args, **_how: requested.append(args[0])  # noqa: E731
    monkeypatch.setattr("qc.tasks.carry_on_import.apply_async", ask)
    return requested
