"""What all calls below /api/v1/ share, seen at those of tasks and at addresses that are none."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from qc.api.v1.sent_requests import key_of
from qc.models import User
from qc.web import errors
from tests.databases import on_sqlite

pytestmark = on_sqlite


@pytest.mark.django_db
def test_unknown_address_is_a_problem() -> None:
    answer = Client().get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Please check the address.",
    }


@pytest.mark.django_db
def test_unknown_address_elsewhere_is_answered_as_ever() -> None:
    answer = Client().get("/api/nothing/")
    assert (answer["Content-Type"], answer.json()) == (
        "application/json",
        {"detail": "Please check the address."},
    )


@pytest.mark.parametrize("answer", [errors.unavailable, errors.overloaded])
def test_503_is_a_problem_that_says_when_to_try_again(answer: object) -> None:
    response = answer(RequestFactory().get("/api/v1/tasks/"))  # type: ignore[operator]
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("header", "key"),
    [('"a b"', "a b"), ("3f2c-11", "3f2c-11"), ('"\\""', '\\"'), (f'"{"x" * 255}"', "x" * 255)],
)
def test_key_is_a_text_in_quotes_or_a_word(header: str, key: str) -> None:
    request = RequestFactory().post("/", headers={"Idempotency-Key": header})
    assert key_of(request) == key  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "sent", "code"),
    [
        ("put", {}, 405),
        ("get", {"headers": {"Accept": "text/html"}}, 406),
        ("post", {"data": "a,b", "content_type": "text/csv"}, 415),
        ("post", {"data": "{", "content_type": "application/json"}, 400),
    ],
)
def test_refusals_of_the_protocol_are_problems(
    client_of: Any, mona: User, method: str, sent: Any, code: int
) -> None:
    answer = getattr(client_of(mona), method)("/api/v1/tasks/", **sent)
    assert (answer.status_code, answer["Content-Type"]) == (code, "application/problem+json")
    assert answer.json()["status"] == code
    assert answer.json()["detail"]


@pytest.mark.django_db
def test_whom_nobody_knows_is_told_how_to_sign_in() -> None:
    answer = Client().get("/api/v1/tasks/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer["Content-Type"] == "application/problem+json"
