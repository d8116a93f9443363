"""Why a task waits, and why a person gets nothing."""

from collections.abc import Callable

import pytest

from qc.models import Queue, Task, User
from qc.work import actions, explanations

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


class TestTask:
    @pytest.fixture
    def task(self, invoices: Queue, add_task: AddTask) -> Task:
        return add_task(invoices)

    def why(self, task: Task) -> str:
        return explanations.of_task(Task.objects.get(pk=task.pk))

    def test_nobody_works_on_its_queue(self, task: Task) -> None:
        assert self.why(task) == "Nobody works on Invoices."

    def test_everybody_is_signed_out_or_on_break(self, task: Task, anna: User, ben: User) -> None:
        actions.sign_in(ben.pk)
        actions.take_break(ben.pk, by=ben, reason="lunch")
        actions.release(task.pk, by=ben, reason="later")
        assert self.why(task) == "Nobody on Invoices is free: 0 busy, 1 on break, 1 signed out."

    def test_everybody_is_busy(
        self, task: Task, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        assert self.why(add_task(invoices)) == (
            "Nobody on Invoices is free: 1 busy, 0 on break, 0 signed out."
        )

    def test_qc_staff_count_for_a_queue_open_to_all(
        self, task: Task, carla: User, invoices: Queue
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(open_to_all=True)
        assert self.why(task) == "Nobody on Invoices is free: 0 busy, 0 on break, 1 signed out."

    def test_its_queue_is_paused(self, task: Task, mona: User, invoices: Queue) -> None:
        actions.pause(invoices.pk, by=mona, reason="audit")
        assert self.why(task) == "Invoices is paused."

    def test_everybody_gave_it_back(self, task: Task, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="later")
        assert self.why(task) == "Everybody on Invoices has given it back. Please assign it."

    def test_only_who_gave_it_back_is_free(self, task: Task, anna: User, ben: User) -> None:
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="later")
        assert self.why(task) == "Only anna is free, who gave it back. They may claim it."

    def test_somebody_gets_it_next(self, anna: User, invoices: Queue, add_task: AddTask) -> None:
        actions.sign_in(anna.pk)
        assert self.why(add_task(invoices)) == "anna gets it next."

    def test_more_urgent_tasks_come_first(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        _first, second = add_task(invoices), add_task(invoices)
        assert self.why(second) == "The free people get more urgent tasks first: anna."

    def test_it_is_assigned_or_on_hold(self, task: Task, anna: User, mona: User) -> None:
        actions.sign_in(anna.pk)
        assert self.why(task) == "It is assigned to anna."
        actions.hold(task.pk, by=mona, reason="call them")
        assert self.why(task) == "It is on hold."


class TestPerson:
    def why(self, person: User) -> str:
        return explanations.of_person(User.objects.get(pk=person.pk))

    def test_they_are_signed_out_or_on_break(self, anna: User) -> None:
        assert self.why(anna) == "anna is not signed in."
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason="lunch")
        assert self.why(anna) == "On break: lunch."

    def test_they_are_at_capacity(self, anna: User, invoices: Queue, add_task: AddTask) -> None:
        add_task(invoices)
        actions.sign_in(anna.pk)
        assert self.why(anna) == "Has one task."

    def test_their_queues_are_paused_or_they_have_none(
        self, anna: User, mona: User, invoices: Queue
    ) -> None:
        actions.sign_in(anna.pk)
        actions.pause(invoices.pk, by=mona, reason="audit")
        assert self.why(anna) == "Paused: Invoices."
        invoices.people.remove(anna)
        assert self.why(anna) == "anna is not on any queue."
        assert (
            explanations.of_person(User.objects.get(pk=anna.pk), to_them=True)
            == "You are not on any queue. Please ask a manager to add you to one."
        )

    def test_they_get_a_task_next(self, anna: User, invoices: Queue, add_task: AddTask) -> None:
        actions.sign_in(anna.pk)
        add_task(invoices)
        assert self.why(anna) == "Gets QD-0001 next."

    def test_tasks_wait_only_in_other_queues(
        self, anna: User, ben: User, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        actions.sign_in(ben.pk)
        actions.sign_in(anna.pk)
        for _ in range(2):
            add_task(labels)
        assert self.why(anna) == (
            "No tasks are waiting for anna: 1 assigned to others, "
            "2 waiting in Labels, which anna is not on."
        )

    def test_the_fullest_other_queues_are_named_and_the_rest_counted(
        self, anna: User, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        for n in range(5):
            queue = Queue.objects.create(name=f"Queue {n}", is_paused=n == 4)
            for _ in range(n + 1):
                add_task(queue)
        assert explanations.of_person(User.objects.get(pk=anna.pk), to_them=True) == (
            "No tasks are waiting for you: 0 assigned to others, 5 waiting in Queue 4, which is "
            "paused, 4 waiting in Queue 3, which you are not on, 3 waiting in Queue 2, which you "
            "are not on, more in 2 other queues."
        )

    def test_tasks_are_counted_up_to_a_limit(
        self, anna: User, labels: Queue, add_task: AddTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(explanations, "MOST_COUNTED", 2)
        actions.sign_in(anna.pk)
        for _ in range(3):
            add_task(labels)
        assert "2 or more waiting in Labels" in self.why(anna)

    def test_somebody_else_has_been_free_longer(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        add_task(invoices)
        assert self.why(ben) == "The waiting tasks go to people who have been free longer."

    def test_only_tasks_they_gave_back_wait(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="later")
        assert self.why(anna) == "Only tasks that anna gave back are left. They may claim them."
        anna.refresh_from_db()
        assert (
            explanations.of_person(anna, to_them=True)
            == "Only tasks that you gave back are left. You may claim them."
        )
