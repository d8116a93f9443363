"""Many people at the same moment, each with a database connection of their own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from qc.audit import invariants
from qc.core.exceptions import InvalidTransition
from qc.models import Queue, Role, Status, Task, User
from qc.work import actions, assignment, presence, sweep
from qc.work.matching import match
from tests.conftest import person
from tests.databases import on_mariadb
from tests.locks import somebody_waits_for_a_lock
from tests.threads import at_once
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

AddTask = Callable[..., Task]


@pytest.fixture(autouse=True)
def sound_afterwards() -> Iterator[None]:
    """Whatever happened at once, the invariants hold after it."""
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def crowd(invoices: Queue, labels: Queue) -> list[User]:
    """Eight people who are there, on both queues."""
    people = [person(f"qc{n}", Role.QC_STAFF) for n in range(1, 9)]
    for one in people:
        one.queues.through.objects.bulk_create(
            one.queues.through(queue=queue, user=one) for queue in (invoices, labels)
        )
        presence.sign_in(one.pk)
    for queue in (invoices, labels):
        queue.save()  # so that its history knows the people
    return people


def test_hand_outs_never_give_one_task_to_two(
    crowd: list[User], invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    for _ in range(12):
        add_task(invoices)
        add_task(labels)
    at_once(*(lambda one=one: assignment.hand_out(one.pk) for one in crowd))
    assert Counter(Task.objects.held().values_list("assignee", flat=True)) == {
        one.pk: 1 for one in crowd
    }


def test_one_of_eight_people_claims_one_task(
    crowd: list[User], invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    results = at_once(*(lambda one=one: actions.claim(task.pk, by=one) for one in crowd))
    losers = [refusal for refusal in results if isinstance(refusal, InvalidTransition)]
    task.refresh_from_db()
    assert len(losers) == len(crowd) - 1
    assert {str(refusal) for refusal in losers} == {
        f"{task.assignee} already has {task.reference}."
    }


def test_nobody_stays_idle_while_enough_tasks_wait(
    crowd: list[User], invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    for _ in range(4):
        add_task(invoices)
        add_task(labels)
    at_once(*(lambda one=one: assignment.hand_out(one.pk) for one in crowd))
    assert Task.objects.waiting().count() == 0


def test_eight_hand_outs_to_one_person_give_one_task(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    presence.sign_in(anna.pk)
    for _ in range(8):
        add_task(invoices)
    at_once(*([lambda: assignment.hand_out(anna.pk)] * 6), match, sweep.sweep)
    assert Task.objects.held_by(anna).count() == 1


def test_overlapping_sweeps_assign_nothing_twice(
    crowd: list[User], invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    for _ in range(10):
        add_task(invoices)
        add_task(labels, due_at=timezone.now() - timedelta(minutes=1))
    at_once(*([sweep.sweep] * 6))
    sweep.sweep()
    assert Task.objects.held().count() == len(crowd)
    assert Task.history.filter(kind="assigned").count() == len(crowd)
    assert Task.history.filter(kind="raised").count() == 10


def test_double_click_completes_once_and_gives_one_next(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    first, _second, _third = (add_task(invoices) for _ in range(3))
    actions.sign_in(anna.pk)
    results = at_once(*([lambda: actions.complete(first.pk, by=anna)] * 4))
    assert {task.pk for task, _next in results} == {first.pk}
    assert len({following.pk for _task, following in results if following}) == 1
    assert first.history.filter(kind="completed").count() == 1


def test_completing_and_holding_at_once_end_in_one_of_both(
    anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    for _ in range(5):
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        task.refresh_from_db()
        holder = task.assignee
        assert holder is not None
        at_once(
            lambda task=task, holder=holder: actions.complete(task.pk, by=holder),
            lambda task=task: actions.hold(task.pk, by=mona, reason="call them"),
            lambda holder=holder: actions.sign_out(holder.pk, by=mona, reason="fire drill"),
        )
        task.refresh_from_db()
        assert task.status in (Status.COMPLETED, Status.ON_HOLD)


def test_two_managers_swap_tasks_between_two_people(
    anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    for one in (anna, ben):
        User.objects.filter(pk=one.pk).update(capacity=3)
        User.objects.get(pk=one.pk).save(update_fields=["capacity"])
    tasks = [add_task(invoices) for _ in range(2)]
    for one in (anna, ben):
        presence.sign_in(one.pk)
    assignment.claim(tasks[0].pk, by=anna)
    assignment.claim(tasks[1].pk, by=ben)
    for _ in range(5):
        at_once(
            lambda: actions.assign(tasks[0].pk, ben.pk, by=mona, reason="swap"),
            lambda: actions.assign(tasks[1].pk, anna.pk, by=mona, reason="swap"),
        )
        at_once(
            lambda: actions.assign(tasks[0].pk, anna.pk, by=mona, reason="back"),
            lambda: actions.assign(tasks[1].pk, ben.pk, by=mona, reason="back"),
        )
    assert [Task.objects.get(pk=task.pk).assignee for task in tasks] == [anna, ben]


def test_whole_shift_at_once_loses_and_doubles_nothing(
    crowd: list[User], mona: User, invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    tasks = [add_task(queue) for queue in (invoices, labels) for _ in range(30)]
    done: list[int] = []

    def work(one: User) -> None:
        actions.sign_in(one.pk)
        while task := Task.objects.held_by(one).first():
            done.append(actions.complete(task.pk, by=one)[0].pk)

    at_once(*(lambda one=one: work(one) for one in crowd), sweep.sweep, match)
    sweep.sweep()
    for one in crowd:
        work(one)
    assert sorted(done) == sorted(task.pk for task in tasks)
    assert Task.history.filter(kind="completed").count() == len(tasks)


@on_mariadb
def test_task_that_another_hand_out_only_locked_is_not_missed(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    presence.sign_in(anna.pk)
    task = add_task(invoices)
    locked = threading.Event()

    def look_only() -> None:
        with transaction.atomic():
            list(Task.objects.select_for_update().filter(pk=task.pk))
            locked.set()
            until(somebody_waits_for_a_lock)

    def hand_out() -> list[Task]:
        locked.wait(timeout=10)
        return assignment.hand_out(anna.pk)

    assert at_once(look_only, hand_out)[1] == [task]


def test_one_of_eight_people_gets_the_label_that_all_scan(
    crowd: list[User], invoices: Queue, add_task: AddTask
) -> None:
    others = [add_task(invoices) for _ in crowd]
    match()
    label = add_task(invoices)
    results = at_once(*(lambda one=one: actions.scan(label.reference, by=one) for one in crowd))
    winners = [result for result in results if isinstance(result, tuple)]
    assert [task for task, _returned in winners] == [label]
    # What the winner gave back waits for somebody free; nobody else lost anything.
    assert Task.objects.held().count() == len(crowd)
    assert Task.objects.filter(pk__in=[task.pk for task in others]).waiting().count() == 1


def test_undo_beside_the_start_of_the_next_task_keeps_one_of_them(
    crowd: list[User], invoices: Queue, add_task: AddTask
) -> None:
    first = [add_task(invoices) for _ in crowd]
    match()
    second = [add_task(invoices) for _ in crowd]
    done = {task.assignee_id: task for task in Task.objects.held()}
    for one in crowd:
        actions.complete(done[one.pk].pk, by=one)
    following = {task.assignee_id: task for task in Task.objects.held()}
    undos = [lambda one=one: actions.undo(done[one.pk].pk, by=one) for one in crowd]
    opens = [lambda one=one: actions.open_task(following[one.pk].pk, by=one) for one in crowd]
    at_once(*undos, *opens)
    assert Counter(Task.objects.held().values_list("assignee", flat=True)) == {
        one.pk: 1 for one in crowd
    }
    assert len(first + second) == Task.objects.count()
