"""POST /logout/: signs out, returns open tasks."""

from collections.abc import Callable

import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

from qc.models import Queue, Status, Task, User

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]


def test_the_tasks_return_and_the_token_is_gone(
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


def test_without_its_slash(anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).post("/logout").status_code == 200


def test_the_session_of_the_pages_ends_too(anna: User) -> None:
    client = APIClient()
    client.force_login(anna)
    assert client.post("/logout/").status_code == 200
    anna.refresh_from_db()
    assert not anna.is_logged_in
    assert "_auth_user_id" not in client.session


def test_nobody_is_not_signed_out(api_client: APIClient) -> None:
    assert api_client.post("/logout/").status_code == 401


def test_a_get_signs_nobody_out(anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).get("/logout/").status_code == 405
