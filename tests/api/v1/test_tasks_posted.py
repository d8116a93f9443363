"""POST /api/v1/tasks/: created and changed as by an import, all or none."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from qc.models import Queue, Status, Task, User
from qc.work import actions, search
from tests.databases import on_sqlite
from tests.imports.files import import_file

pytestmark = [pytest.mark.django_db, on_sqlite]

TASKS = "/api/v1/tasks/"
LAMP: dict[str, Any] = {
    "reference": "L-1",
    "name": "Lamp",
    "queue": "Invoices",
    "priority": 2,
    "due_at": "2030-05-01T12:00:00+02:00",
    "instructions": "Look closely.",
    "link": "https://example.com/l-1",
    "lot_size": 50,
    "details": {"supplier": "Meyer", "weight": 1.5, "parts": ["a", "b"], "none": None},
}
BARE = {"reference": "L-2", "name": "Bare", "queue": "Invoices"}


@pytest.fixture
def monas(client_of: Any, mona: User, invoices: Queue) -> APIClient:
    return client_of(mona)


def counts(answer: Any) -> dict[str, int]:
    return {name: n for name, n in answer.json().items() if n and name != "tasks"}


def test_task_has_all_that_was_sent(monas: APIClient, mona: User) -> None:
    answer = monas.post(TASKS, LAMP)
    task = Task.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "skipped": 0,
        "tasks": [{"id": task.pk, "reference": "L-1", "result": "created"}],
    }
    assert answer["Location"] == f"/api/v1/tasks/{task.pk}"
    read = monas.get(answer["Location"]).json()
    assert {name: read[name] for name in LAMP} == LAMP | {
        "due_at": "2030-05-01T10:00:00Z",
        "details": {"supplier": "Meyer", "weight": "1.5", "parts": '["a", "b"]'},
    }
    assert (task.created_by, task.status) == (mona, Status.PENDING)


def test_it_leaves_one_row_of_history_that_says_how_it_came(monas: APIClient, mona: User) -> None:
    monas.post(TASKS, [LAMP, BARE])
    rows = Task.history.values_list("history_type", "history_user", "through")
    assert set(rows) == {("+", mona.pk, "api")}
    assert len(rows) == 2


def test_same_task_posted_again_changes_nothing(monas: APIClient) -> None:
    monas.post(TASKS, [LAMP, BARE])
    again = monas.post(TASKS, [LAMP, BARE])
    assert (again.status_code, counts(again)) == (200, {"unchanged": 2})
    assert Task.history.count() == 2


def test_what_differs_is_changed_and_what_is_not_sent_stays(monas: APIClient) -> None:
    monas.post(TASKS, LAMP)
    answer = monas.post(TASKS, {**BARE, "reference": "l-1", "priority": "urgent"})
    task = Task.objects.get()
    assert (answer.status_code, counts(answer)) == (200, {"changed": 1})
    assert (task.name, task.priority, task.lot_size) == ("Bare", 1, 50)


def test_task_that_somebody_has_is_skipped(monas: APIClient, anna: User) -> None:
    monas.post(TASKS, BARE)
    actions.sign_in(anna.pk)
    answer = monas.post(TASKS, {**BARE, "name": "Other"})
    assert (counts(answer), Task.objects.get().name) == ({"skipped": 1}, "Bare")


def test_posting_what_was_imported_changes_nothing(monas: APIClient, mona: User) -> None:
    head = "reference,name,queue,priority,due_at,supplier\n"
    import_file(head + "l-1,Lamp,invoices,high,2030-05-01 12:00,Meyer\n", by=mona)
    sent = {**LAMP, "due_at": "2030-05-01T12:00:00Z", "details": {"supplier": "Meyer"}}
    del sent["instructions"], sent["link"], sent["lot_size"]
    assert counts(monas.post(TASKS, sent)) == {"unchanged": 1}


def test_new_tasks_are_handed_out_and_found_at_once(monas: APIClient, anna: User) -> None:
    actions.sign_in(anna.pk)
    monas.post(TASKS, [BARE, LAMP])
    assert Task.objects.held_by(anna).get().reference == "L-1"
    assert [task.reference for task in search.first("lamp", 5)] == ["L-1"]


def test_queue_may_be_an_id(monas: APIClient, labels: Queue) -> None:
    monas.post(TASKS, {**BARE, "queue": labels.pk})
    assert Task.objects.get().queue == labels


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"priority": 7}, "priority"),
        ({"priority": True}, "priority"),
        ({"due_at": "2030-05-01"}, "due_at"),
        ({"due_at": "2030-05-01T12:00:00"}, "due_at"),
        ({"due_at": "1999-05-01T12:00:00Z"}, "due_at"),
        ({"queue": "Nowhere"}, "queue"),
        ({"queue": 10**30}, "queue"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"reference": None}, "reference"),
        ({"link": "no address"}, "link"),
        ({"lot_size": 0}, "lot_size"),
        ({"details": ["a"]}, "details"),
        ({"details": {"a": "\0"}}, "details"),
        ({"details": {str(n): "" for n in range(300)}}, "details"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_value_is_named_with_its_place(
    monas: APIClient, sent: dict[str, Any], field: str
) -> None:
    alone, listed = monas.post(TASKS, BARE | sent), monas.post(TASKS, [LAMP, BARE | sent])
    assert (alone.status_code, listed.status_code) == (400, 400)
    assert list(alone.json()["errors"]) == [field]
    assert list(listed.json()["errors"]) == [f"1.{field}"]
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"), [({"name": "\ud800"}, "name"), ({"\ud800": 1}, "\ufffd")]
)
def test_half_of_a_character_is_refused(monas: APIClient, sent: dict[str, Any], field: str) -> None:
    text = json.dumps(BARE | sent)
    answer = monas.generic("POST", TASKS, text, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_number_that_is_too_large_for_any_computer_is_refused(monas: APIClient) -> None:
    text = json.dumps(BARE)[:-1] + ', "details": {"weight": 1e999}}'
    answer = monas.generic("POST", TASKS, text, content_type="application/json")
    assert (answer.status_code, Task.objects.count()) == (400, 0)
    assert answer.json()["detail"] == "JSON parse error - The number 1e999 is too large."


@pytest.mark.parametrize("sent", [{"lot_size": 1.5}, {"priority": True}, {"queue": []}])
def test_refusal_of_a_number_says_that_numbers_are_allowed(
    monas: APIClient, sent: dict[str, Any]
) -> None:
    (said,) = monas.post(TASKS, BARE | sent).json()["errors"].values()
    assert said == ["This must be a text or a whole number."]


def test_same_reference_twice_in_one_call_is_refused(monas: APIClient) -> None:
    answer = monas.post(TASKS, [BARE, LAMP, {**BARE, "reference": "l-2"}])
    assert list(answer.json()["errors"]) == ["2.reference"]


@pytest.mark.parametrize("sent", [[], [{}] * 1001, ["L-1"], "L-1", 7, None])
def test_what_is_no_list_of_tasks_is_refused(monas: APIClient, sent: Any) -> None:
    assert monas.post(TASKS, sent).status_code == 400


def test_only_managers_create_tasks(client_of: Any, anna: User, otto: User) -> None:
    answers = [client_of(user).post(TASKS, BARE) for user in (anna, otto)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["detail"] == "Only a manager may do this."
