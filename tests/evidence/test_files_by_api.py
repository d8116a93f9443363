"""Other programs send, list, read and remove files by the rules of the pages."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from qc.models import Evidence, Task, User
from tests.api.conftest import sign_in as _sign_in
from tests.databases import on_sqlite
from tests.evidence.files import picture, sent

pytestmark = [pytest.mark.django_db, on_sqlite]
sign_in = _sign_in

SignIn = Callable[[User], APIClient]


def send(client: APIClient, task: Task, **fields: object) -> object:
    return client.post(f"/api/tasks/{task.pk}/files/", fields, format="multipart")


def test_file_is_sent_listed_read_and_removed(task: Task, anna: User, sign_in: SignIn) -> None:
    client = sign_in(anna)
    answer = send(client, task, file=sent(picture()), item="front")
    assert answer.status_code == 201
    one = answer.json()
    assert (one["name"], one["item"], one["added_by"]) == ("front.jpg", "front", "anna")
    assert client.get(f"/api/tasks/{task.pk}/files").json() == {"files": [one]}
    content = client.get(f"/api/files/{one['id']}/")
    assert b"".join(content).startswith(b"\xff\xd8")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    for _time in range(2):
        assert client.delete(f"/api/files/{one['id']}/").status_code == 204
    assert client.get(f"/api/tasks/{task.pk}/files/").json() == {"files": []}
    assert client.get(f"/api/files/{one['id']}/").status_code == 404


def test_call_repeated_after_a_lost_answer_adds_nothing(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    first, again = (send(client, task, file=sent(picture())).json() for _time in range(2))
    assert first == again
    assert Evidence.objects.count() == 1


def test_refusals_name_their_field_and_are_those_of_the_pages(
    task: Task, anna: User, ben: User, otto: User, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    assert "empty" in send(client, task, file=sent(b"")).json()["file"][0].lower()
    assert send(client, task).json() == {"file": ["Please send a file."]}
    answer = send(client, task, file=sent(picture()), item="back")
    assert (answer.status_code, list(answer.json())) == (400, ["item"])
    row = send(client, task, file=sent(picture())).json()
    other = sign_in(ben)
    assert send(other, task, file=sent(picture())).status_code == 403
    for path in (f"/api/tasks/{task.pk}/files/", f"/api/files/{row['id']}/", "/api/files/999/"):
        assert other.get(path).status_code == 404
    assert sign_in(otto).get(f"/api/tasks/{task.pk}/files/").json() == {"files": [row]}
    assert sign_in(otto).delete(f"/api/files/{row['id']}/").status_code == 403


def test_manager_gives_a_reason_for_removing(
    task: Task, anna: User, mona: User, sign_in: SignIn
) -> None:
    row = send(sign_in(anna), task, file=sent(picture())).json()
    client = sign_in(mona)
    assert client.delete(f"/api/files/{row['id']}/").json() == {"reason": ["Please give a reason."]}
    answer = client.delete(f"/api/files/{row['id']}/", {"reason": "Blurred"}, format="json")
    assert answer.status_code == 204
