"""What was paused, closed or lost a moment ago is seen before a task is handed out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from qc.models import Queue, Task, User
from qc.work import actions, assignment, matching, presence
from tests.databases import on_mariadb
from tests.locks import somebody_waits_for_a_lock
from tests.threads import at_once
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

AddTask = Callable[..., Task]
Meanwhile = Callable[[Queue, User, User], object]


def pause(queue: Queue, _anna: User, mona: User) -> None:
    actions.pause(queue.pk, by=mona, reason="wrong labels")


def close(queue: Queue, _anna: User, _mona: User) -> None:
    Queue.objects.filter(pk=queue.pk).update(is_closed=True)


def take_off(queue: Queue, anna: User, _mona: User) -> None:
    queue.people.remove(anna)


meanwhile = pytest.mark.parametrize("change", [pause, close, take_off])


@meanwhile
def test_planned_match_is_not_written_after_a_change(
    change: Meanwhile,
    anna: User,
    mona: User,
    invoices: Queue,
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    presence.sign_in(anna.pk)
    add_task(invoices)
    plan = matching._pairs
    changes = iter([change])

    def plan_and_change(*read: Any) -> list[matching.Pair]:
        pairs = plan(*read)
        for one in changes:
            one(invoices, anna, mona)
        return pairs

    monkeypatch.setattr(matching, "_pairs", plan_and_change)
    assert matching.match() == 0
    assert not Task.objects.held().exists()


@on_mariadb
@meanwhile
def test_hand_out_that_waited_for_a_task_sees_the_change(
    change: Meanwhile, anna: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    presence.sign_in(anna.pk)
    task = add_task(invoices)
    locked, changed = threading.Event(), threading.Event()

    def hold_the_task() -> None:
        with transaction.atomic():
            Task.objects.select_for_update().get(pk=task.pk)
            locked.set()
            changed.wait(timeout=10)

    def change_while_it_waits() -> None:
        locked.wait(timeout=10)
        until(somebody_waits_for_a_lock)
        change(invoices, anna, mona)
        changed.set()

    def hand_out() -> list[Task]:
        locked.wait(timeout=10)
        return assignment.hand_out(anna.pk)

    assert at_once(hold_the_task, change_while_it_waits, hand_out)[2] == []
    assert not Task.objects.held().exists()
