"""POST /login/ of somebody who has, or must have, a second factor."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as now
from knox.models import AuthToken
from rest_framework.test import APIClient

from qc.models import AuditEvent, EventKind, User
from tests import factors
from tests.factors import WRONG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("steady_codes")]


@pytest.fixture
def anna(anna: User) -> User:
    factors.give_app(anna)
    return anna


def post(client: APIClient, password: str = "demo", **more: str) -> Any:
    return client.post("/login/", {"username": "anna", "password": password, **more})


def test_password_alone_gets_no_token_but_is_told_why(anna: User, api_client: APIClient) -> None:
    for more in ({}, {"code": ""}):
        answer = post(api_client, **more)
        assert answer.status_code == 401
        assert "second factor" in answer.json()["detail"]
    assert not AuthToken.objects.exists()
    assert not AccessAttempt.objects.exists()


def test_wrong_password_tells_nothing_of_it(anna: User, api_client: APIClient) -> None:
    answers = [post(api_client, "wrong"), post(api_client, "wrong", code=factors.code())]
    unknown = api_client.post("/login/", {"username": "nobody", "password": "wrong"})
    assert {answer.content for answer in answers} == {unknown.content}


def test_code_gets_a_token_once(anna: User, api_client: APIClient) -> None:
    code = factors.code()
    assert post(api_client, code=code).status_code == 200
    issued = AuditEvent.objects.get(kind=EventKind.TOKEN_ISSUED)
    assert issued.details["proofs"] == ["password", "totp"]
    assert post(api_client, code=code).status_code == 401
    assert post(api_client, code=factors.recovery_codes(anna)[0]).status_code == 200
    assert AuthToken.objects.count() == 2


def test_wrong_codes_lock_out(anna: User, api_client: APIClient) -> None:
    for _ in range(now.AXES_FAILURE_LIMIT - 1):
        assert post(api_client, code=WRONG).status_code == 401
    assert post(api_client, code=WRONG).status_code == 429
    assert post(api_client, code=factors.code()).status_code == 429


def test_who_must_have_one_is_sent_to_the_pages(
    ben: User, api_client: APIClient, settings: Any
) -> None:
    settings.QC_SECOND_FACTOR = "all"
    answer = api_client.post("/login/", {"username": "ben", "password": "demo"})
    assert answer.status_code == 403
    assert "Set one up on the pages first." in answer.json()["detail"]
    settings.QC_SECOND_FACTOR = "managers"
    answer = api_client.post("/login/", {"username": "ben", "password": "demo"})
    assert answer.status_code == 200
