"""PATCH /api/v1/tasks/<id>/, and If-Match on it and on transitions."""

from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from qc.api.v1 import transitions
from qc.models import Queue, Task, User
from qc.work import actions, guards
from tests.databases import on_mariadb, on_sqlite
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def monas(client_of: Any, mona: User) -> APIClient:
    return client_of(mona)


@pytest.fixture
def task(invoices: Queue, add_task: Any, mona: User) -> Task:
    """A task with a row of history."""
    made = add_task(invoices, details={"supplier": "Meyer"})
    return actions.edit(made.pk, {"name": "Lamp"}, by=mona, reason="Begun.")


def address(task: Task) -> str:
    return f"/api/v1/tasks/{task.pk}/"


@on_sqlite
def test_change_sets_what_is_sent_and_says_why(
    monas: APIClient, task: Task, labels: Queue, mona: User
) -> None:
    sent = {"queue": "Labels", "priority": 1, "details": {"supplier": "Kurz"}, "lot_size": 3}
    answer = monas.patch(address(task), sent | {"reason": "The other supplier."})
    assert answer.status_code == 200
    body = answer.json()
    assert {name: body[name] for name in sent} == sent
    row = Task.history.latest("history_id")
    assert (row.history_change_reason, row.history_user) == ("The other supplier.", mona)
    assert answer["ETag"] == f'"{row.pk}"'


@on_sqlite
def test_change_to_what_it_has_already_leaves_no_row(monas: APIClient, task: Task) -> None:
    before = Task.history.count()
    monas.patch(address(task), {"name": "Lamp", "reason": "So."})
    assert Task.history.count() == before


@on_sqlite
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "Other"}, "reason"),
        ({"name": "Other", "reason": " "}, "reason"),
        ({"reference": "X", "reason": "So."}, "reference"),
        ({"status": "completed", "reason": "So."}, "status"),
        ({"priority": None, "reason": "So."}, "priority"),
        ({"queue": "Nowhere", "reason": "So."}, "queue"),
    ],
)
def test_wrong_change_is_refused_by_its_field(
    monas: APIClient, task: Task, sent: dict[str, Any], field: str
) -> None:
    answer = monas.patch(address(task), sent)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@on_sqlite
def test_finished_task_is_not_changed(monas: APIClient, task: Task, mona: User) -> None:
    actions.cancel(task.pk, by=mona, reason="Wrong.")
    assert monas.patch(address(task), {"name": "Other", "reason": "So."}).status_code == 409


@on_sqlite
def test_only_managers_change_tasks(client_of: Any, task: Task, anna: User, otto: User) -> None:
    for user in (anna, otto):
        answer = client_of(user).patch(address(task), {"name": "Other", "reason": "So."})
        assert answer.status_code == 403


@on_sqlite
def test_what_was_read_is_changed_once(monas: APIClient, task: Task) -> None:
    headers = {"If-Match": monas.get(address(task))["ETag"]}
    first = monas.patch(address(task), {"name": "One", "reason": "So."}, headers=headers)
    second = monas.patch(address(task), {"name": "Two", "reason": "So."}, headers=headers)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second["Content-Type"] == "application/problem+json"
    assert Task.objects.get().name == "One"


@on_sqlite
def test_transition_of_what_was_not_read_is_refused(monas: APIClient, task: Task) -> None:
    hold, sent = f"{address(task)}hold/", {"reason": "Wait."}
    assert monas.post(hold, sent, headers={"If-Match": '"1", W/"2"'}).status_code == 412
    assert monas.post(hold, sent, headers={"If-Match": "*"}).status_code == 200


@on_sqlite
@pytest.mark.parametrize("name", transitions.VIEWS)
def test_each_step_looks_at_what_its_sender_has_read(
    client_of: Any, anna: User, mona: User, task: Task, name: str
) -> None:
    sent = {
        "assign": {"person": "anna", "reason": "So."},
        "give-next": {"person": "anna", "reason": "So."},
        "comment": {"text": "See page 2."},
    }
    by = anna if issubclass(transitions.VIEWS[name], transitions.HoldersView) else mona
    body = sent.get(name, {"reason": "So."} if name in guards.NEED_REASON else {})
    answer = client_of(by).post(f"{address(task)}{name}/", body, headers={"If-Match": '"1"'})
    assert answer.status_code == 412, answer.content


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_changes_what_all_have_read_even_with_one_request_id(
    client_of: Any, task: Task, mona: User
) -> None:
    tag = client_of(mona).get(address(task))["ETag"]

    def change(name: str) -> int:
        sent = {"name": name, "reason": "So."}
        headers = {"If-Match": tag, "X-Request-ID": "sent-again"}
        return int(client_of(mona).patch(address(task), sent, headers=headers).status_code)

    found = at_once(*[partial(change, f"Lamp {n}") for n in range(8)])
    assert sorted(found) == [200] + [412] * 7
    assert Task.history.filter(request_id="sent-again").count() == 1


@on_sqlite
def test_call_that_changes_a_task_twice_is_held_against_what_was_there_before(
    at_work: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
    task = add_task(invoices)
    annas = at_work(anna)
    annas.post(f"{address(task)}claim/")
    tag = annas.get(address(task))["ETag"]
    sent = {"outcome": "passed", "scanned": task.reference}
    answers = [
        annas.post(f"{address(task)}complete/", sent, headers={"If-Match": one})
        for one in ('"1"', tag)
    ]
    assert [answer.status_code for answer in answers] == [412, 200]
