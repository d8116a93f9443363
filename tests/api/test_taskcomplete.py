"""POST /taskcomplete/<id>/: completes a task, hands out the next."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from rest_framework.test import APIClient

from qc.models import Queue, Status, Task, User
from qc.models import SignIn as SignInRow
from qc.work import actions

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices."""
    return [add_task(invoices), add_task(invoices)]


def test_completing_returns_the_next_task(two: list[Task], anna: User, sign_in: SignIn) -> None:
    client = sign_in(anna)
    body = {"outcome": "failed", "notes": "seal broken"}
    answer = client.post(f"/taskcomplete/{two[0].pk}/", body).json()
    assert set(answer) == {"completed", "undo_until", "next"}
    done = answer["completed"]
    assert (done["status"], done["outcome"]) == ("completed", "failed")
    assert (done["notes"], answer["next"]["id"]) == ("seal broken", two[1].pk)
    row = two[0].history.get(kind="completed")
    assert (row.through, row.history_user) == ("api", anna)
    assert client.post(f"/taskcomplete/{two[1].pk}/").json()["next"] is None


@pytest.mark.parametrize("slash", ["", "/"])
def test_outcome_is_passed_without_a_body(
    two: list[Task], anna: User, sign_in: SignIn, slash: str
) -> None:
    answer = sign_in(anna).post(f"/taskcomplete/{two[0].pk}{slash}")
    assert answer.json()["completed"]["outcome"] == "passed"


def test_completing_twice_gives_the_same_answer(
    two: list[Task], anna: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    body = {"outcome": "failed", "notes": "seal broken"}
    first = client.post(f"/taskcomplete/{two[0].pk}/", body)
    for same in (body, {"outcome": "failed"}, {}):
        again = client.post(f"/taskcomplete/{two[0].pk}/", same)
        assert (again.status_code, again.json()) == (200, first.json())
    assert two[0].history.filter(kind="completed").count() == 1


@pytest.mark.parametrize(
    "other", [{"outcome": "passed"}, {"outcome": "failed", "notes": "no seal"}]
)
def test_other_outcome_or_notes_for_a_completed_task_are_a_conflict(
    two: list[Task], anna: User, sign_in: SignIn, other: dict[str, str]
) -> None:
    client = sign_in(anna)
    path = f"/taskcomplete/{two[0].pk}/"
    client.post(path, {"outcome": "failed", "notes": "seal broken"})
    answer = client.post(path, other)
    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    assert "You completed QD-0001 as failed" in answer.json()["detail"]
    two[0].refresh_from_db()
    assert (two[0].outcome, two[0].notes) == ("failed", "seal broken")


def test_task_of_somebody_else_is_forbidden(
    two: list[Task], anna: User, ben: User, mona: User, sign_in: SignIn
) -> None:
    actions.sign_in(anna.pk)
    for other in (ben, mona):
        answer = sign_in(other).post(f"/taskcomplete/{two[0].pk}/")
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "QD-0001 is assigned to anna."},
        )
    actions.complete(two[0].pk, by=anna)
    assert sign_in(ben).post(f"/taskcomplete/{two[0].pk}/").status_code == 403


def test_task_that_nobody_holds_is_a_conflict(
    two: list[Task], anna: User, mona: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    actions.hold(two[0].pk, by=mona, reason="call them")
    answer = client.post(f"/taskcomplete/{two[0].pk}/")
    assert (answer.status_code, "on hold" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("unknown", ["987654", "9" * 25])
def test_unknown_task_is_not_found(anna: User, sign_in: SignIn, unknown: str) -> None:
    assert sign_in(anna).post(f"/taskcomplete/{unknown}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": "perhaps"}, "outcome"),
        ({"outcome": ["passed"]}, "outcome"),
        ({"notes": {"a": 1}}, "notes"),
        ({"notes": None}, "notes"),
        ({"notes": "x" * 10_001}, "notes"),
        ({"notes": "a\x00b"}, "notes"),
        ({"scanned": ["QD-0001"]}, "scanned"),
        ({"scanned": "QD-0002"}, "scanned"),
    ],
)
def test_invalid_value_is_named_and_changes_nothing(
    two: list[Task], anna: User, sign_in: SignIn, body: dict[str, Any], field: str
) -> None:
    answer = sign_in(anna).post(f"/taskcomplete/{two[0].pk}/", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    two[0].refresh_from_db()
    assert two[0].status == Status.ASSIGNED


@pytest.mark.parametrize("body", ["[]", "7", "{", "null x"])
def test_malformed_body_is_refused(two: list[Task], anna: User, sign_in: SignIn, body: str) -> None:
    client = sign_in(anna)
    path = f"/taskcomplete/{two[0].pk}/"
    answer = client.generic("POST", path, body, content_type="application/json")
    assert answer.status_code == 400


def test_completing_needs_a_sign_in(two: list[Task], api_client: APIClient) -> None:
    assert api_client.post(f"/taskcomplete/{two[0].pk}/").status_code == 401


def test_browser_session_needs_a_csrf_token(two: list[Task], anna: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(f"/taskcomplete/{two[0].pk}/").status_code == 403
    trusting = APIClient()
    trusting.force_login(anna)
    assert trusting.post(f"/taskcomplete/{two[0].pk}/").status_code == 200


def test_completing_refuses_get(two: list[Task], anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).get(f"/taskcomplete/{two[0].pk}/").status_code == 405


def test_use_that_cannot_be_noted_leaves_the_answer_as_it_is(
    two: list[Task], anna: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_rows: object, **_columns: object) -> None:
        raise OperationalError(2013, "Lost connection")

    client = sign_in(anna)
    cache.clear()
    monkeypatch.setattr(type(SignInRow.objects.all()), "update", away)
    assert client.post(f"/taskcomplete/{two[0].pk}/").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (r'{"outcome": "\ud800"}', "outcome"),
        (r'{"defects": [{"code": "SCR", "severity": "\ud800"}]}', "defects.0.severity"),
        (r'{"answers": {"\ud800": "\ud800"}}', "answers.\ufffd"),
    ],
)
def test_half_of_a_character_is_refused(
    two: list[Task], anna: User, sign_in: SignIn, body: str, field: str
) -> None:
    client = sign_in(anna)
    for path in (f"/taskcomplete/{two[0].pk}/", f"/api/v1/tasks/{two[0].pk}/complete/"):
        answer = client.generic("POST", path, body, content_type="application/json")
        errors = answer.json()
        assert (answer.status_code, [*errors.get("errors", errors)]) == (400, [field])


def test_refused_outcome_says_what_is_allowed(two: list[Task], anna: User, sign_in: SignIn) -> None:
    answer = sign_in(anna).post(f"/taskcomplete/{two[0].pk}/", {"outcome": "perhaps"})
    assert answer.json() == {"outcome": ["Allowed are: passed, partial, failed."]}
