"""DELETE /taskcomplete/<id>/: undoes a completion."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from rest_framework.test import APIClient

from qc.models import Queue, Status, Task, User
from qc.work import actions
from tests.api.conftest import Clock

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices."""
    return [add_task(invoices), add_task(invoices)]


def complete(client: APIClient, task: Task) -> dict[str, str]:
    answer = client.post(f"/taskcomplete/{task.pk}/", {"outcome": "failed", "notes": "no seal"})
    assert answer.status_code == 200, answer.json()
    found: dict[str, str] = answer.json()
    return found


def test_task_comes_back_with_its_notes_and_the_next_waits_again(
    two: list[Task], anna: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    begun = client.get("/dashbord/").json()["me"]["tasks"][0]["started_at"]
    complete(client, two[0])
    answer = client.delete(f"/taskcomplete/{two[0].pk}/")
    assert answer.status_code == 200
    task = answer.json()["task"]
    assert (task["id"], task["status"], task["outcome"]) == (two[0].pk, "assigned", "")
    assert (task["draft"], task["draft_outcome"]) == ("no seal", "failed")
    assert task["started_at"] == begun
    two[1].refresh_from_db()
    assert two[1].status == Status.PENDING
    row = two[0].history.get(kind="completion undone")
    assert (row.through, row.history_user) == ("api", anna)


def test_undone_task_can_be_completed_in_another_way(
    two: list[Task], anna: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    complete(client, two[0])
    client.delete(f"/taskcomplete/{two[0].pk}/")
    answer = client.post(f"/taskcomplete/{two[0].pk}/", {"outcome": "passed"}).json()
    assert answer["completed"]["outcome"] == "passed"
    assert answer["next"]["id"] == two[1].pk


def test_undoing_twice_gives_the_same_answer(two: list[Task], anna: User, sign_in: SignIn) -> None:
    client = sign_in(anna)
    complete(client, two[0])
    first, again = (client.delete(f"/taskcomplete/{two[0].pk}/") for _ in range(2))
    assert (again.status_code, again.json()) == (200, first.json())
    assert two[0].history.filter(kind="completion undone").count() == 1


def test_undo_until_is_ten_seconds_after_completion_in_utc(
    two: list[Task], anna: User, sign_in: SignIn
) -> None:
    answer = complete(sign_in(anna), two[0])
    assert answer["undo_until"].endswith("Z")
    two[0].refresh_from_db()
    assert two[0].completed_at
    until = datetime.fromisoformat(answer["undo_until"])
    assert until == two[0].completed_at + timedelta(seconds=10)


def test_undoing_too_late_is_a_conflict_in_words(
    two: list[Task], anna: User, sign_in: SignIn, clock: Clock
) -> None:
    client = sign_in(anna)
    complete(client, two[0])
    clock.moment += timedelta(seconds=11)
    answer = client.delete(f"/taskcomplete/{two[0].pk}/")
    assert (answer.status_code, "too late" in answer.json()["detail"]) == (409, True)
    two[0].refresh_from_db()
    assert two[0].status == Status.COMPLETED


def test_undoing_what_nobody_completed_is_a_conflict(
    two: list[Task], anna: User, sign_in: SignIn
) -> None:
    answer = sign_in(anna).delete(f"/taskcomplete/{two[1].pk}/")
    assert (answer.status_code, "waiting" in answer.json()["detail"]) == (409, True)


def test_completion_of_somebody_else_is_forbidden(
    two: list[Task], anna: User, ben: User, mona: User, sign_in: SignIn
) -> None:
    actions.sign_in(anna.pk)
    actions.complete(two[0].pk, by=anna)
    for other in (ben, mona):
        assert sign_in(other).delete(f"/taskcomplete/{two[0].pk}/").status_code == 403


@pytest.mark.parametrize("unknown", ["987654", "9" * 25])
def test_unknown_task_is_not_found(anna: User, sign_in: SignIn, unknown: str) -> None:
    assert sign_in(anna).delete(f"/taskcomplete/{unknown}/").status_code == 404


def test_undoing_needs_a_sign_in(two: list[Task], api_client: APIClient) -> None:
    assert api_client.delete(f"/taskcomplete/{two[0].pk}/").status_code == 401
