"""Who gets what when many are free at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from qc.models import HandBack, Priority, Queue, Role, Task, User
from qc.work import actions, matching
from tests.conftest import person

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def crowd(n: int, *queues: Queue) -> list[User]:
    """Make n people who are there and free, the first idle longest."""
    now = timezone.now()
    people = []
    for number in range(n):
        one = person(f"qc{number}", Role.QC_STAFF, is_logged_in=True, last_seen_at=now)
        User.objects.filter(pk=one.pk).update(idle_since=now - timedelta(minutes=n - number))
        for queue in queues:
            queue.people.add(one)
        people.append(one)
    return people


def test_everybody_free_gets_one_task(invoices: Queue, add_task: AddTask) -> None:
    people = crowd(5, invoices)
    for _ in range(7):
        add_task(invoices)
    assert matching.match() == 5
    assert all(Task.objects.held_by(one).count() == 1 for one in people)


def test_longest_idle_gets_the_first_task(invoices: Queue, add_task: AddTask) -> None:
    people = crowd(3, invoices)
    task = add_task(invoices)
    matching.match()
    task.refresh_from_db()
    assert task.assignee == people[0]


def test_most_urgent_tasks_are_assigned_first(
    invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    crowd(2, invoices, labels)
    add_task(invoices)
    urgent = [add_task(labels, priority=Priority.P1), add_task(invoices, priority=Priority.P2)]
    matching.match()
    assert set(Task.objects.held()) == set(urgent)


def test_second_slot_is_filled_only_when_everybody_has_a_task(
    invoices: Queue, add_task: AddTask
) -> None:
    first, second = crowd(2, invoices)
    User.objects.filter(pk=first.pk).update(capacity=3)
    for _ in range(3):
        add_task(invoices)
    matching.match()
    assert (Task.objects.held_by(first).count(), Task.objects.held_by(second).count()) == (2, 1)


def test_people_get_tasks_of_their_own_queues(
    invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    (one,) = crowd(1, invoices)
    for _ in range(3):
        add_task(labels, priority=Priority.P1)
    mine = add_task(invoices, priority=Priority.P4)
    assert matching.match() == 1
    assert list(Task.objects.held_by(one)) == [mine]


def test_qc_staff_serve_queues_open_to_all(labels: Queue, mona: User, add_task: AddTask) -> None:
    Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
    people = crowd(2)
    actions.sign_in(mona.pk)
    for _ in range(3):
        add_task(labels)
    assert matching.match() == 2
    assert {task.assignee for task in Task.objects.held()} == set(people)


def test_paused_queues_give_nothing(invoices: Queue, add_task: AddTask) -> None:
    Queue.objects.filter(pk=invoices.pk).update(is_paused=True)
    crowd(1, invoices)
    add_task(invoices)
    assert matching.match() == 0


def test_match_of_a_queue_considers_only_people_who_serve_it(
    invoices: Queue, labels: Queue, anna: User, carla: User, add_task: AddTask
) -> None:
    actions.sign_in(anna.pk)
    actions.sign_in(carla.pk)
    add_task(invoices)
    label = add_task(labels)
    assert matching.match([labels.pk]) == 1
    assert list(Task.objects.held()) == [label]


def test_releaser_of_the_first_tasks_gets_the_one_behind_them(
    invoices: Queue, add_task: AddTask
) -> None:
    (one,) = crowd(1, invoices)
    for _ in range(3):
        task = add_task(invoices, priority=Priority.P1)
        Task.objects.filter(pk=task.pk).update(released_by=one)
        HandBack.objects.create(task=task, person=one)
    behind = add_task(invoices)
    assert matching.match() == 1
    assert list(Task.objects.held_by(one)) == [behind]


def test_each_assignment_has_one_history_row_with_a_reason(
    invoices: Queue, add_task: AddTask
) -> None:
    crowd(3, invoices)
    tasks = [add_task(invoices) for _ in range(3)]
    matching.match()
    for task in tasks:
        task.refresh_from_db()
        row = task.history.get(kind="assigned")
        assert row.assignee_id == task.assignee_id
        assert (row.status, row.slot, row.history_user) == ("assigned", 1, None)
        assert "most urgent of their one queue; free since" in row.history_change_reason


@pytest.mark.parametrize("people", [2, 30])
def test_queries_do_not_grow_with_people(
    people: int,
    invoices: Queue,
    labels: Queue,
    add_task: AddTask,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    crowd(people, invoices, labels)
    for _ in range(people):
        add_task(invoices)
    with django_assert_num_queries(12):
        assert matching.match() == people


def test_nothing_to_assign(db: None) -> None:
    assert matching.match() == 0
