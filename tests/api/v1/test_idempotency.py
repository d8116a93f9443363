"""`Idempotency-Key`: a POST sent again has its effect once, and the same answer again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from qc import tasks as jobs
from qc.api.v1 import tasks as calls
from qc.api.v1.idempotency import REPLAYED
from qc.audit import invariants
from qc.models import ChangeKind, IdempotencyKey, Queue, Role, Status, Task, User
from qc.work import actions, assignment, matching
from qc.work.sweep import sweep
from tests.conftest import person
from tests.databases import on_mariadb, on_sqlite
from tests.threads import at_once
from tests.waiting import until

# A refusal rolls back what it belongs to.
pytestmark = pytest.mark.django_db(transaction=True)

TASKS = "/api/v1/tasks/"
LAMP = {"reference": "L-1", "name": "Lamp", "queue": "Invoices"}
KEY = {"Idempotency-Key": '"3f2c"'}


@pytest.fixture
def monas(client_of: Any, mona: User, invoices: Queue) -> APIClient:
    return client_of(mona)


def fail(*_args: Any) -> None:
    raise RuntimeError


def is_again(answer: Any) -> bool:
    return answer.headers.get(REPLAYED) == "true"


def test_same_request_gets_the_same_answer_and_no_second_effect(monas: APIClient) -> None:
    first = monas.post(TASKS, LAMP, headers=KEY)
    second = monas.post(TASKS, LAMP, headers=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert (is_again(first), is_again(second)) == (False, True)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert Task.history.count() == 1


def test_refusal_is_given_again_too(
    client_of: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    address = f"{TASKS}{add_task(invoices).pk}/claim/"
    annas = client_of(anna)
    first = annas.post(address, headers=KEY)
    # She would get it now.
    User.objects.filter(pk=anna.pk).update(is_logged_in=True)
    second = annas.post(address, headers=KEY)
    assert (first.status_code, second.status_code, is_again(second)) == (409, 409, True)
    assert second.json() == first.json()
    assert second["Content-Type"] == "application/problem+json"
    assert annas.post(address, headers={"Idempotency-Key": "other"}).status_code == 200


@on_sqlite
def test_key_with_another_request_is_refused(monas: APIClient) -> None:
    monas.post(TASKS, LAMP, headers=KEY)
    task = Task.objects.get()
    for address, sent in (
        (TASKS, {**LAMP, "name": "Other"}),
        (f"{TASKS}{task.pk}/hold/", {"reason": "Wait."}),
    ):
        answer = monas.post(address, sent, headers=KEY)
        assert (answer.status_code, is_again(answer)) == (422, False)
    assert monas.post(TASKS, LAMP, headers=KEY).status_code == 201


@on_sqlite
def test_keys_of_two_accounts_are_two(monas: APIClient, client_of: Any) -> None:
    monas.post(TASKS, LAMP, headers=KEY)
    answer = client_of(person("max", Role.MANAGERS)).post(TASKS, LAMP, headers=KEY)
    assert (answer.status_code, is_again(answer)) == (200, False)


@on_sqlite
@pytest.mark.parametrize("key", ["", '""', '"open', "a,b", f'"{"x" * 256}"', '"ä"'])
def test_what_is_no_key_is_refused(monas: APIClient, key: str) -> None:
    answer = monas.post(TASKS, LAMP, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert not Task.objects.exists()


@on_sqlite
def test_key_is_known_for_a_day(monas: APIClient) -> None:
    monas.post(TASKS, LAMP, headers=KEY)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = monas.post(TASKS, LAMP, headers=KEY)
    assert (answer.status_code, is_again(answer)) == (200, False)
    jobs.tidy()
    assert IdempotencyKey.objects.count() == 1
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    jobs.tidy()
    assert not IdempotencyKey.objects.exists()


@on_sqlite
def test_error_of_ours_is_not_stored_and_leaves_nothing(
    monas: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monas.raise_request_exception = False

    with monkeypatch.context() as patch:
        # After the effect: as if the process died before it had answered.
        patch.setattr(calls, "_of_plan", fail)
        assert monas.post(TASKS, LAMP, headers=KEY).status_code == 500
    assert not Task.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert monas.post(TASKS, LAMP, headers=KEY).status_code == 201


def test_hand_outs_follow_the_transaction(
    monas: APIClient, anna: User, invoices: Queue, add_task: Any
) -> None:
    task = add_task(invoices, status=Status.ON_HOLD)
    User.objects.filter(pk=anna.pk).update(is_logged_in=True)
    answer = monas.post(f"{TASKS}{task.pk}/resume/", headers=KEY)
    assert answer.json()["task"]["status"] == "pending"
    assert Task.objects.held_by(anna).get() == task


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize("with_tag", [False, True])
def test_completion_stands_whatever_its_hand_out_fails_of(
    at_work: Any,
    anna: User,
    invoices: Queue,
    add_task: Any,
    monkeypatch: pytest.MonkeyPatch,
    with_key: bool,
    with_tag: bool,
) -> None:
    task, following = add_task(invoices), add_task(invoices)
    annas = at_work(anna)
    address = f"{TASKS}{task.pk}/"
    annas.post(f"{address}claim/")
    tag = {"If-Match": annas.get(address)["ETag"]} if with_tag else {}
    headers = (KEY if with_key else {}) | tag
    with monkeypatch.context() as patch:
        patch.setattr(assignment, "_room", fail)
        first = annas.post(f"{address}complete/", headers=headers)
    assert (first.status_code, first.json()["next"]) == (200, None)
    assert first.json()["task"]["status"] == "completed"
    sweep()
    assert Task.objects.held_by(anna).get() == following
    if with_key:
        second = annas.post(f"{address}complete/", headers=headers)
        assert (second.json(), is_again(second)) == (first.json(), True)


@pytest.mark.parametrize("headers", [{}, KEY])
def test_change_is_no_failure_for_what_the_hand_out_after_it_fails_of(
    monas: APIClient,
    at_work: Any,
    anna: User,
    invoices: Queue,
    add_task: Any,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    task = add_task(invoices, status=Status.ON_HOLD)
    at_work(anna)
    with monkeypatch.context() as patch:
        patch.setattr(matching, "match", fail)
        answer = monas.post(f"{TASKS}{task.pk}/resume/", headers=headers)
    assert (answer.status_code, answer.json()["task"]["status"]) == (200, "pending")
    sweep()
    assert Task.objects.held_by(anna).get() == task


@on_mariadb
def test_sixteen_of_the_same_request_have_one_effect(monas: APIClient, mona: User) -> None:
    def send() -> Any:
        client = APIClient()
        client.force_authenticate(mona)
        return client.post(TASKS, LAMP, headers=KEY)

    answers = at_once(*[send] * 16)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(answer.status_code == 201 and not is_again(answer) for answer in answers) == 1
    assert Task.history.count() == 1


@on_mariadb
def test_completions_that_are_all_sent_twice_at_once_complete_once(
    invoices: Queue, add_task: Any
) -> None:
    people = [person(f"qc{n}", Role.QC_STAFF) for n in range(8)]
    invoices.people.add(*people)
    for _ in range(20):
        add_task(invoices)
    for one in people:
        actions.sign_in(one.pk)
    held = list(Task.objects.held().select_related("assignee"))

    def complete(task: Task) -> Any:
        client = APIClient()
        client.force_authenticate(task.assignee)
        key = {"Idempotency-Key": f"done-{task.pk}"}
        return client.post(f"{TASKS}{task.pk}/complete/", {"outcome": "passed"}, headers=key)

    answers = at_once(*[partial(complete, task) for task in held * 2])
    assert {answer.status_code for answer in answers} <= {200, 409}
    done = [answer for answer in answers if answer.status_code == 200 and not is_again(answer)]
    assert {answer.json()["task"]["id"] for answer in done} == {task.pk for task in held}
    assert len(done) == len(held) == 8
    assert Task.history.filter(kind=ChangeKind.COMPLETED).count() == 8
    # Each of them has the next one.
    assert Task.objects.held().count() == 8
    assert list(invariants.broken()) == []


@on_mariadb
def test_key_of_a_request_that_still_runs_is_refused(
    monas: APIClient, mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, go_on = threading.Event(), threading.Event()
    shape: Callable[[Any], Any] = calls._of_plan

    def slowly(planned: Any) -> Any:
        running.set()
        go_on.wait(10)
        return shape(planned)

    def second() -> Any:
        until(running.is_set)
        answer = monas.post(TASKS, LAMP, headers=KEY)
        go_on.set()
        return answer

    monkeypatch.setattr(calls, "_of_plan", slowly)
    first, refused = at_once(lambda: monas.post(TASKS, LAMP, headers=KEY), second)
    assert (first.status_code, refused.status_code) == (201, 409)
    assert is_again(monas.post(TASKS, LAMP, headers=KEY))


@on_mariadb
def test_connection_killed_before_the_answer_leaves_neither_key_nor_effect(
    monas: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monas.raise_request_exception = False
    shape: Callable[[Any], Any] = calls._of_plan

    def and_die(planned: Any) -> Any:
        body = shape(planned)
        connection.connection.close()
        return body

    with monkeypatch.context() as patch:
        patch.setattr(calls, "_of_plan", and_die)
        assert monas.post(TASKS, LAMP, headers=KEY).status_code == 503
    connection.close()
    assert not Task.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert monas.post(TASKS, LAMP, headers=KEY).status_code == 201


class TestCallsWithTransactionsOfTheirOwn:
    """Their key is noted before, and its answer after."""

    @pytest.fixture(autouse=True)
    def in_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls.TasksView, "in_one_transaction", False)

    @on_sqlite
    def test_answer_is_given_again(self, monas: APIClient) -> None:
        answers = [monas.post(TASKS, LAMP, headers=KEY) for _ in range(2)]
        assert [(one.status_code, is_again(one)) for one in answers] == [(201, False), (201, True)]

    @on_sqlite
    def test_refusal_is_given_again(self, monas: APIClient) -> None:
        answers = [monas.post(TASKS, {}, headers=KEY) for _ in range(2)]
        assert [(one.status_code, is_again(one)) for one in answers] == [(400, False), (400, True)]

    @on_sqlite
    def test_one_that_runs_is_refused_and_one_that_died_runs_again(self, monas: APIClient) -> None:
        monas.post(TASKS, LAMP, headers=KEY)
        IdempotencyKey.objects.update(status=None)
        assert monas.post(TASKS, LAMP, headers=KEY).status_code == 409
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=6))
        again = monas.post(TASKS, LAMP, headers=KEY)
        assert (again.status_code, again.json()["unchanged"]) == (200, 1)
        assert Task.history.count() == 1

    @on_sqlite
    def test_error_of_ours_forgets_the_key(
        self, monas: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monas.raise_request_exception = False
        with monkeypatch.context() as patch:
            patch.setattr(calls, "_of_plan", None)
            assert monas.post(TASKS, LAMP, headers=KEY).status_code == 500
        assert not IdempotencyKey.objects.exists()
