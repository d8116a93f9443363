"""POST /login/: signs in, hands out work, gives a token; failures are throttled."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from qc.models import Queue, Role, Task, User
from tests.conftest import person

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def post(client: APIClient, username: str, password: str, **more: Any) -> Any:
    return client.post("/login/", {"username": username, "password": password}, **more)


def test_login_returns_token_person_and_tasks(
    anna: User, invoices: Queue, add_task: AddTask, api_client: APIClient
) -> None:
    task = add_task(invoices, details={"supplier": "Meyer"}, instructions="Look closely.")
    answer = post(api_client, "anna", "demo").json()
    assert set(answer) == {"token", "expiry", "user", "tasks"}
    assert answer["user"]["username"] == "anna"
    assert answer["user"]["is_logged_in"] is True
    (held,) = answer["tasks"]
    assert (held["id"], held["queue"], held["status"]) == (task.pk, "Invoices", "assigned")
    assert held["details"] == {"supplier": "Meyer"}
    assert held["due_at"].endswith("Z")


def test_token_expires_and_only_its_hash_is_stored(anna: User, api_client: APIClient) -> None:
    answer = post(api_client, "anna", "demo").json()
    expiry = datetime.fromisoformat(answer["expiry"])
    assert expiry <= timezone.now() + timedelta(hours=settings.QC_TOKEN_HOURS)
    kept = AuthToken.objects.get()
    assert answer["token"] not in (kept.digest, kept.token_key)
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    api_client.credentials(HTTP_AUTHORIZATION=f"Token {answer['token']}")
    assert api_client.get("/dashbord/").status_code == 401


def test_login_writes_one_history_row(anna: User, api_client: APIClient) -> None:
    for _ in range(2):
        post(api_client, "anna", "demo")
    row = anna.history.get(kind="signed in")
    assert (row.through, row.history_user) == ("api", anna)


class TestAccountWithoutARole:
    @pytest.fixture
    def nora(self, invoices: Queue) -> User:
        """Nora was on a queue; then her role was taken away."""
        nora = person("nora")
        invoices.people.add(nora)
        return nora

    def test_gets_no_token_and_no_work(
        self, nora: User, invoices: Queue, add_task: AddTask, api_client: APIClient
    ) -> None:
        add_task(invoices)
        answer = post(api_client, "nora", "demo")
        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "Your account has no role. Please ask a manager for one."
        }
        assert not AuthToken.objects.exists()
        assert not Task.objects.held().exists()
        assert not User.objects.get(pk=nora.pk).is_logged_in

    def test_sees_nobody_with_a_token_from_before(
        self, nora: User, invoices: Queue, api_client: APIClient
    ) -> None:
        _kept, token = AuthToken.objects.create(nora)
        api_client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        assert api_client.get("/dashbord/").status_code == 403
        assert api_client.post("/logout/").status_code == 200


@pytest.mark.parametrize("slash", ["", "/"])
def test_login_works_with_and_without_trailing_slash(
    anna: User, api_client: APIClient, slash: str
) -> None:
    answer = api_client.post(f"/login{slash}", {"username": "anna", "password": "demo"})
    assert answer.status_code == 200


def test_missing_field_is_named(anna: User, api_client: APIClient) -> None:
    answer = api_client.post("/login/", {"username": "anna"})
    assert answer.status_code == 400
    assert answer.json() == {"password": ["This field is required."]}


@pytest.mark.parametrize("depth", [60, 5_000, 200_000])
def test_deeply_nested_body_is_refused(db: None, api_client: APIClient, depth: int) -> None:
    body = '{"username": ' + "[" * depth + "]" * depth + "}"
    answer = api_client.generic("POST", "/login/", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("body", ["", "[]", "7", '"anna"', "{", '{"username": {}, "password": 1}'])
def test_malformed_body_is_refused(anna: User, api_client: APIClient, body: str) -> None:
    answer = api_client.generic("POST", "/login/", body, content_type="application/json")
    assert answer.status_code in (400, 401)


def test_wrong_password_and_unknown_name_get_the_same_answer(
    anna: User, api_client: APIClient
) -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    answers = [post(api_client, *pair) for pair in (("anna", "x"), ("x", "demo"), ("gone", "demo"))]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0]["WWW-Authenticate"] == "Token"


class TestThrottling:
    def fail(self, client: APIClient, name: str, **more: Any) -> Any:
        for _ in range(settings.AXES_FAILURE_LIMIT):
            answer = post(client, name, "wrong", **more)
        return answer

    def test_too_many_failures_lock_the_name_for_that_address(
        self, anna: User, api_client: APIClient
    ) -> None:
        answer = self.fail(api_client, "anna")
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert "detail" in answer.json()
        assert post(api_client, "anna", "demo").status_code == 429
        assert post(api_client, "anna", "demo", REMOTE_ADDR="10.9.8.7").status_code == 200

    def test_other_names_at_that_address_are_not_locked(
        self, anna: User, ben: User, api_client: APIClient
    ) -> None:
        self.fail(api_client, "anna")
        assert post(api_client, "ben", "demo").status_code == 200

    def test_unknown_name_is_locked_too(self, db: None, api_client: APIClient) -> None:
        assert self.fail(api_client, "nobody").status_code == 429

    def test_many_sign_ins_from_one_address_are_allowed(
        self, db: None, api_client: APIClient
    ) -> None:
        for number in range(40):
            person(f"qc{number}", Role.QC_STAFF)
            assert post(api_client, f"qc{number}", "demo").status_code == 200

    def test_successful_sign_in_resets_the_failures(
        self, anna: User, api_client: APIClient
    ) -> None:
        for _ in range(3):
            for _ in range(settings.AXES_FAILURE_LIMIT - 1):
                assert post(api_client, "anna", "wrong").status_code == 401
            assert post(api_client, "anna", "demo").status_code == 200

    def test_sign_in_page_shares_the_failure_count(self, anna: User, api_client: APIClient) -> None:
        self.fail(api_client, "anna")
        form = {"username": "anna", "password": "demo"}
        answer = api_client.post("/admin/login/", form, format="multipart")
        assert answer.status_code == 429
        assert "try again in 15 minutes" in answer.content.decode()
