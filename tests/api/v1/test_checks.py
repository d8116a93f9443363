"""/api/v1/tasks/<id>/check/ and files/: drafts, findings, and files of a task."""

from collections.abc import Callable
from typing import Any

import pytest

from qc.models import DefectCode, Queue, Task, User
from qc.work import actions, presence
from tests.api.v1.clients import V1, client_of, costs_the_same, get, names, post
from tests.databases import on_sqlite
from tests.evidence.files import add as add_file
from tests.evidence.files import picture, sent
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
TORQUE = {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "decimals": 1}


@pytest.fixture
def task(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """Anna's task, which is checked by a plan."""
    give_plan(invoices, {"key": "label"}, TORQUE)
    DefectCode.objects.create(code="SCR", name="Scratch")
    task = add_task(invoices)
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    task.refresh_from_db()
    return task


def put(user: User, task: Task, status: int = 200, **body: Any) -> Any:
    answer = client_of(user).put(f"{V1}/tasks/{task.pk}/check/", body, format="json")
    assert answer.status_code == status, answer.content
    assert status != 409 or answer["Content-Type"] == "application/problem+json"
    return answer.json()


def test_nothing_is_written_at_first(task: Task, anna: User) -> None:
    assert get(anna, f"tasks/{task.pk}/check/") == {
        "task": task.pk,
        "status": "assigned",
        "plan": 1,
        "version": 0,
        "notes": "",
        "answers": {},
        "defects": [],
        "inspected": None,
        "rejected": None,
        "outcome": "",
        "findings": None,
    }


def test_draft_is_kept_part_by_part(task: Task, anna: User, otto: User) -> None:
    kept = put(anna, task, answers={"label": "ok"}, notes="Looks worn.", version=0)
    assert (kept["version"], kept["answers"], kept["notes"]) == (1, {"label": "ok"}, "Looks worn.")
    later = put(anna, task, answers={"label": "ok", "torque": 9.5}, version=1)
    assert (later["notes"], later["answers"]["torque"]) == ("Looks worn.", "9.5")
    assert put(anna, task, notes="")["answers"] == later["answers"]
    assert get(otto, f"tasks/{task.pk}/check/")["version"] == 3
    task.refresh_from_db()
    assert task.started_at is not None


def test_draft_based_on_an_older_one_is_answered_with_what_is_stored(
    task: Task, anna: User
) -> None:
    put(anna, task, answers={"label": "ok"}, version=0)
    refusal = put(anna, task, 409, answers={"label": "not_ok"}, version=0)
    assert "newer answers" in refusal["detail"]
    assert (refusal["stored"]["version"], refusal["stored"]["answers"]) == (1, {"label": "ok"})
    assert put(anna, task, answers={"label": "ok"}, version=0)["version"] == 1


def test_nobody_else_writes_it_and_only_readers_see_it(
    task: Task, ben: User, mona: User, otto: User
) -> None:
    for user in (ben, mona, otto):
        refusal = put(user, task, 403, notes="Mine now.")
        assert refusal["detail"] == f"{task.reference} is assigned to anna."
    get(ben, f"tasks/{task.pk}/check/", 404)
    get(mona, f"tasks/{task.pk}/check/")
    get(otto, "tasks/99/check/", 404)


def test_wrong_parts_are_named(task: Task, anna: User) -> None:
    refusal = put(anna, task, 400, version="new", defects=[{"quantity": 0}])
    assert set(refusal["errors"]) == {"version", "defects.0.code", "defects.0.quantity"}


def test_half_a_character_is_refused_in_keys_too(task: Task, anna: User) -> None:
    path, body = f"{V1}/tasks/{task.pk}/check/", r'{"answers": {"\ud800": "ok"}}'
    answer = client_of(anna).put(path, body, content_type="application/json")
    assert answer.status_code == 400
    assert "U+D800" in answer.json()["errors"]["answers"][0]


def test_completed_check_has_what_was_sent_and_found(task: Task, anna: User, otto: User) -> None:
    body = {"answers": {"label": "ok", "torque": "11"}, "notes": "Too tight."}
    answer = client_of(anna).post(f"/taskcomplete/{task.pk}/", body, format="json")
    assert answer.status_code == 200, answer.content
    check = get(otto, f"tasks/{task.pk}/check/")
    assert (check["notes"], check["answers"]["torque"]) == ("Too tight.", "11")
    assert check["findings"]["answers"]["torque"]["verdict"] == "not_ok"


def test_codes_of_a_task_are_those_of_its_queue(
    task: Task, anna: User, ben: User, labels: Queue
) -> None:
    DefectCode.objects.create(code="ELSE", name="Elsewhere").queues.add(labels)
    path = f"tasks/{task.pk}/defect-codes/"
    assert names(get(anna, path), "code") == ["SCR"]
    get(ben, path, 404)

    def more() -> None:
        for n in range(3):
            DefectCode.objects.create(code=f"C{n}", name="More")

    assert costs_the_same(lambda: get(anna, path), more)


def test_file_is_added_listed_read_and_removed(task: Task, anna: User) -> None:
    path = f"tasks/{task.pk}/files/"
    assert get(anna, path) == {"results": [], "next": None}
    body = {"file": sent(picture()), "item": "label"}
    one = post(anna, path, 201, body, format="multipart")
    assert (one["name"], one["item"], one["added_at"][-1]) == ("front.jpg", "label", "Z")
    assert get(anna, path)["results"] == [one]
    client = client_of(anna)
    assert b"".join(client.get(f"{V1}/files/{one['id']}/")).startswith(b"\xff\xd8")
    assert client.delete(f"{V1}/files/{one['id']}/").status_code == 204
    get(anna, f"files/{one['id']}/", 404)


def test_manager_says_why_a_file_is_removed(task: Task, anna: User, mona: User) -> None:
    row = add_file(task, anna)
    client = client_of(mona)
    assert "reason" in client.delete(f"{V1}/files/{row.pk}/").json()["errors"]
    assert client.delete(f"{V1}/files/{row.pk}/?reason=Private").status_code == 204


def test_files_of_others_are_not_there(task: Task, anna: User, ben: User) -> None:
    row = add_file(task, anna)
    get(ben, f"tasks/{task.pk}/files/", 404)
    get(ben, f"files/{row.pk}/", 404)
    assert client_of(ben).delete(f"{V1}/files/{row.pk}/?reason=Mine").status_code == 404
    body = {"file": sent(picture())}
    post(ben, f"tasks/{task.pk}/files/", 403, body, format="multipart")
    missing = post(anna, f"tasks/{task.pk}/files/", 400, {}, format="multipart")
    assert missing["errors"] == {"file": ["Please send a file."]}
