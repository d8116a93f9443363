"""A database that is away: pages say so in words, programs get JSON, the log gets one line."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import InternalError, OperationalError
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from qc.models import User
from qc.web import errors
from qc.work import actions

pytestmark = pytest.mark.django_db

AWAY = OperationalError(2002, "Can't connect to server on '127.0.0.1' (115)")
FULL = InternalError(3, 'Error writing file (Errcode: 28 "No space left on device")')


@pytest.fixture
def browser(anna: User) -> Client:
    """Anna's browser, which gets answers to errors as people do."""
    browser = Client(raise_request_exception=False)
    browser.force_login(anna)
    return browser


@pytest.fixture
def away(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_session: SessionStore) -> None:
        raise AWAY

    monkeypatch.setattr(SessionStore, "load", load)


@pytest.mark.parametrize("path", ["/admin/my-work/", "/admin/", "/admin/qc/task/"])
def test_page_says_so_in_words(browser: Client, away: None, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database can&#x27;t be reached. Nothing was changed" in answer.content.decode()


def test_log_has_one_line_without_a_traceback(
    browser: Client, away: None, caplog: pytest.LogCaptureFixture
) -> None:
    from qc.web.errors import WithoutTraceback

    browser.get("/admin/my-work/")
    [record] = [one for one in caplog.records if one.levelname == "ERROR"]
    WithoutTraceback().filter(record)
    assert record.exc_info is None
    assert record.getMessage().endswith("Can't connect to server on '127.0.0.1' (115)\")")


@pytest.mark.parametrize("error", [AWAY, FULL])
def test_program_gets_json_and_the_log_one_line(
    anna: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def sign_in(_person: int) -> User:
        raise error

    monkeypatch.setattr(actions, "sign_in", sign_in)
    client = APIClient(raise_request_exception=False)
    answer = client.post("/login/", {"username": "anna", "password": "demo"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["detail"].startswith("The database can't be reached. Nothing was changed")
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1


@pytest.mark.parametrize("path", ["/nowhere/", "/taskcomplete/abc/"])
def test_unknown_address_of_the_api_is_json(db: None, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Please check the address."


def test_other_errors_stay_errors(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_session: SessionStore) -> None:
        raise ValueError

    monkeypatch.setattr(SessionStore, "load", load)
    answer = browser.get("/admin/my-work/")
    assert answer.status_code == 500
    assert "It has been logged." in answer.content.decode()


def test_error_page_has_the_number_that_the_log_has(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_session: SessionStore) -> None:
        raise ValueError

    monkeypatch.setattr(SessionStore, "load", load)
    answer = browser.get("/admin/my-work/", headers={"X-Request-ID": "of-the-proxy-7"})
    assert "<code>of-the-proxy-7</code>" in answer.content.decode()
    assert "tell whoever looks after QC Desk" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "to_do"),
    [
        ("/admin/nowhere/at/all/", 404, "may have been deleted"),
        ("/admin/qc/user/?password__startswith=a", 400, "Go back to the page"),
        ("/admin/trail/", 403, "ask a manager for the right"),
    ],
)
def test_page_of_a_refusal_says_what_to_do(
    browser: Client, mona: User, path: str, status: int, to_do: str
) -> None:
    if status != 403:
        browser.force_login(mona)
    answer = browser.get(path)
    assert answer.status_code == status
    assert to_do in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()


@pytest.mark.parametrize("view", [errors.not_found, errors.bad_request, errors.server_error])
def test_error_pages_ask_no_database(
    view: Any, rf: RequestFactory, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert view(rf.get("/admin/")).status_code >= 400
