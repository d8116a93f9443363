"""A completion beside real locks of other connections: it stands, whatever the hand-out meets."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from qc.models import Queue, Task, User
from qc.work import actions, sweep
from tests.databases import on_mariadb
from tests.locks import somebody_waits_for_a_lock
from tests.waiting import until

pytestmark = [on_mariadb, pytest.mark.django_db(transaction=True)]

AddTask = Callable[..., Task]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices."""
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def annas(anna: User, two: list[Task]) -> Iterator[APIClient]:
    """Anna's program, which has the first task and waits for locks for three seconds."""
    client = APIClient()
    client.force_authenticate(anna)
    actions.sign_in(anna.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET innodb_lock_wait_timeout = 3")
    yield client
    connection.close()


@contextmanager
def beside(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run a transaction on another connection, from when it has its lock to its end."""
    has_lock = threading.Event()

    def run() -> None:
        with transaction.atomic():
            act(has_lock)
        connections.close_all()

    other = threading.Thread(target=run)
    other.start()
    assert has_lock.wait(10)
    try:
        yield
    finally:
        other.join(30)


@pytest.mark.parametrize(
    ("address", "headers", "done"),
    [
        ("/taskcomplete/{}/", {}, "completed"),
        ("/api/v1/tasks/{}/complete/", {}, "task"),
        ("/api/v1/tasks/{}/complete/", {"Idempotency-Key": "done-1"}, "task"),
    ],
)
def test_next_task_that_stays_locked_is_left_to_the_sweep(
    annas: APIClient,
    anna: User,
    two: list[Task],
    address: str,
    headers: dict[str, str],
    done: str,
) -> None:
    answered = threading.Event()

    def hold_the_next(has_lock: threading.Event) -> None:
        Task.objects.select_for_update().get(pk=two[1].pk)
        has_lock.set()
        assert answered.wait(30)

    with beside(hold_the_next):
        answer = annas.post(address.format(two[0].pk), headers=headers)
        answered.set()
    assert (answer.status_code, answer.json()["next"]) == (200, None)
    assert answer.json()[done]["status"] == "completed"
    assert two[0].history.filter(kind="completed").count() == 1
    sweep.sweep()
    assert Task.objects.held_by(anna).get() == two[1]


def test_deadlock_in_the_hand_out_undoes_nothing_that_is_answered(
    annas: APIClient, anna: User, invoices: Queue, two: list[Task], add_task: Any
) -> None:
    def lock_the_next_and_then_anna(has_lock: threading.Event) -> None:
        # Who has written most goes on, when two wait for each other.
        for _ in range(20):
            add_task(invoices, status="cancelled")
        Task.objects.select_for_update().get(pk=two[1].pk)
        has_lock.set()
        until(somebody_waits_for_a_lock)
        User.objects.select_for_update().get(pk=anna.pk)

    with beside(lock_the_next_and_then_anna):
        answer = annas.post(f"/taskcomplete/{two[0].pk}/")
    assert (answer.status_code, answer.json()["next"]["id"]) == (200, two[1].pk)
    assert two[0].history.filter(kind="completed").count() == 1
    assert two[1].history.filter(kind="assigned").count() == 1
