"""POST /logout/: signs out, returns open tasks."""

from collections.abc import Callable

import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

from qc.models import Queue, Status, Task, User

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]


def test_logout_returns_tasks_and_deletes_the_token(
    anna: User, invoices: Queue, add_task: Callable[..., Task], sign_in: SignIn
) -> None:
    task = add_task(invoices)
    client = sign_in(anna)
    answer = client.post("/logout/")
    assert (answer.status_code, answer.json()) == (200, {"message": "You are signed out."})
    task.refresh_from_db()
    anna.refresh_from_db()
    assert (task.status, anna.is_logged_in) == (Status.PENDING, False)
    assert anna.history.get(kind="signed out").through == "api"
    assert AuthToken.objects.count() == 0
    assert client.get("/dashbord/").status_code == 401
    assert client.post("/logout/").status_code == 401


def test_logout_works_without_trailing_slash(anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).post("/logout").status_code == 200


def test_logout_ends_a_browser_session(anna: User) -> None:
    client = APIClient()
    client.force_login(anna)
    assert client.post("/logout/").status_code == 200
    anna.refresh_from_db()
    assert not anna.is_logged_in
    assert "_auth_user_id" not in client.session


def test_logout_needs_a_sign_in(api_client: APIClient) -> None:
    assert api_client.post("/logout/").status_code == 401


def test_logout_refuses_get(anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).get("/logout/").status_code == 405
