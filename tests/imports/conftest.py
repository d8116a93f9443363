"""Managers in front of the import pages."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.models import Import, User
from tests.admin.conftest import FormReader
from tests.imports.cases import Case
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


def asked(page: Any) -> list[str]:
    return [question.choice.name for question in page.context["questions"]]


def answered(client: Client, page: Any, case: Case) -> Any:
    """Answer the questions of a page as a browser would; return the page that follows."""
    reader = FormReader("reading")
    reader.feed(page.content.decode())
    record, form = page.context["record"], page.context["form"]
    return press(client, "read", record, **reader.sent | case.answers(form.asked, record.header))


@pytest.fixture
def send(mona: User) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Send a case's file to the API as Mona's program; return the status and the answer."""
    client = APIClient()
    token = client.post("/login/", {"username": "mona", "password": "demo"}).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def send(case: Case, **options: Any) -> tuple[int, dict[str, Any]]:
        sent = {"file": case.file} | options
        answer = client.post("/api/imports/", sent, format="multipart")
        return answer.status_code, answer.json()

    return send


@pytest.fixture
def waiting_jobs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep the jobs that workers are asked for: gives which imports they are for."""
    requested: list[int] = []
    ask: Callable[..., None] = lambda args, **_how: requested.append(args[0])  # noqa: E731
    monkeypatch.setattr("qc.tasks.carry_on_import.apply_async", ask)
    return requested
