"""Refused requests: one line in the log says whose they were, and an answer in words says why."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from rest_framework.test import APIClient

from qc.models import Queue, User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What this process logs, as it is set up to."""
    root, text = logging.getLogger(), io.StringIO()
    [ours] = [one for one in root.handlers if type(one) is logging.StreamHandler]
    handler = logging.StreamHandler(text)
    handler.formatter, handler.filters = ours.formatter, ours.filters
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


def test_forbidden_page_is_one_line_with_person_and_address(
    client: Client, anna: User, log: io.StringIO
) -> None:
    client.force_login(anna)
    assert client.get("/admin/qc/task/", REMOTE_ADDR="203.0.113.9").status_code == 403
    [line] = log.getvalue().splitlines()
    assert line.endswith(f"/admin/qc/task/ (person {anna.pk}, from 203.0.113.9)")


def test_forbidden_call_is_one_line_with_person_and_address(
    anna: User, mona: User, invoices: Queue, log: io.StringIO
) -> None:
    client = APIClient()
    client.force_login(anna)
    assert client.post("/api/imports/", REMOTE_ADDR="203.0.113.9").status_code == 403
    [line] = log.getvalue().splitlines()
    assert line.endswith(f"(person {anna.pk}, from 203.0.113.9)")


def test_forged_form_is_one_line_with_address(db: None, log: io.StringIO) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/admin/login/", REMOTE_ADDR="203.0.113.9").status_code == 403
    [line] = log.getvalue().splitlines()
    assert line.endswith("(person -, from 203.0.113.9)")


def test_forbidden_lookup_is_refused_in_words(client: Client, mona: User, log: io.StringIO) -> None:
    client.force_login(mona)
    answer = client.get("/admin/qc/task/?draft__startswith=a")
    assert answer.status_code == 400
    assert "asks for what can&#x27;t be had. Nothing was changed." in answer.content.decode()
    [line] = log.getvalue().splitlines()
    assert f"(person {mona.pk}, from 127.0.0.1)" in line


def test_program_is_refused_as_json(client: Client, settings: object) -> None:
    answer = client.get("/nowhere/", HTTP_HOST="elsewhere.example.com")
    assert answer.status_code == 400
    assert "can't be had" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/login/", "/api/v1/tasks/", "/admin/my-settings/"])
def test_too_much_is_refused_with_what_is_allowed(client: Client, mona: User, path: str) -> None:
    client.force_login(mona)
    kind = "application/x-www-form-urlencoded"
    answer = client.post(path, "a=" + "x" * 3_000_000, content_type=kind)
    text = answer.json()["detail"] if "json" in answer["Content-Type"] else answer.content.decode()
    assert answer.status_code == 413
    assert "What was sent is too large: at most 2.5\xa0MB are allowed." in text
