"""Who gets what when one person becomes free."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotEligible, NotFound
from qc.core.wording import clock
from qc.models import Priority, Queue, Status, Task, User
from qc.work import actions, assignment, explanations, lifecycle, matching

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def holder(task: Task) -> User | None:
    task.refresh_from_db()
    return task.assignee


class TestOrderOfWork:
    def test_priority_comes_before_due(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        soon = timezone.now() + timedelta(minutes=5)
        add_task(invoices, priority=Priority.P3, due_at=soon)
        urgent = add_task(invoices, priority=Priority.P1)
        actions.sign_in(anna.pk)
        assert holder(urgent) == anna

    def test_earlier_due_comes_before_later(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        sooner = add_task(invoices, due_at=timezone.now() + timedelta(minutes=5))
        actions.sign_in(anna.pk)
        assert holder(sooner) == anna

    def test_older_task_comes_first_when_equally_due(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        due = timezone.now() + timedelta(hours=1)
        first, _second = (add_task(invoices, due_at=due) for _ in range(2))
        actions.sign_in(anna.pk)
        assert holder(first) == anna

    def test_most_urgent_of_all_queues_comes_first(
        self, anna: User, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        labels.people.add(anna)
        add_task(invoices, priority=Priority.P2)
        label = add_task(labels, priority=Priority.P1)
        actions.sign_in(anna.pk)
        assert holder(label) == anna

    def test_completing_brings_the_next_task(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        first, second = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        done, following = actions.complete(first.pk, by=anna)
        assert (done.pk, following) == (first.pk, second)
        assert actions.complete(second.pk, by=anna)[1] is None


class TestQueuesServed:
    def test_nothing_from_a_queue_they_are_not_on(
        self, anna: User, labels: Queue, add_task: AddTask
    ) -> None:
        label = add_task(labels)
        actions.sign_in(anna.pk)
        assert holder(label) is None

    def test_nothing_from_a_paused_queue(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.pause(invoices.pk, by=mona, reason="audit")
        actions.sign_in(anna.pk)
        assert holder(task) is None
        actions.unpause(invoices.pk, by=mona)
        assert holder(task) == anna

    def test_qc_staff_serve_queues_open_to_all(
        self, anna: User, labels: Queue, add_task: AddTask
    ) -> None:
        Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
        label = add_task(labels)
        actions.sign_in(anna.pk)
        assert holder(label) == anna

    def test_managers_serve_only_queues_they_are_on(
        self, mona: User, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
        label = add_task(labels)
        actions.sign_in(mona.pk)
        assert holder(label) is None
        invoices.people.add(mona)
        invoice = add_task(invoices)
        actions.hand_out_from([invoices.pk])
        assert (holder(label), holder(invoice)) == (None, mona)


class TestCapacity:
    def test_person_gets_as_many_tasks_as_they_can_hold(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=3)
        for _ in range(5):
            add_task(invoices)
        actions.sign_in(anna.pk)
        slots = Task.objects.held_by(anna).values_list("slot", flat=True)
        assert sorted(slots) == [1, 2, 3]

    def test_lowered_capacity_holds_while_a_high_slot_is_used(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=3)
        for _ in range(5):
            add_task(invoices)
        actions.sign_in(anna.pk)
        User.objects.filter(pk=anna.pk).update(capacity=1)
        for task in Task.objects.held_by(anna).filter(slot__lt=3):
            actions.complete(task.pk, by=anna)
        assert Task.objects.held_by(anna).count() == 1


class TestReleasedTask:
    def test_goes_to_somebody_else_who_is_free(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        assert holder(task) == ben

    def test_does_not_come_straight_back(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        assert assignment.hand_out(anna.pk) == []
        assert actions.hand_out_from([invoices.pk]) == 0
        assert holder(task) is None

    def test_releaser_gets_the_next_task_instead(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        given_back, following = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(given_back.pk, by=anna, reason="can't read it")
        assert holder(following) == anna

    def test_releaser_may_claim_it(self, anna: User, invoices: Queue, add_task: AddTask) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        assert actions.claim(task.pk, by=anna).assignee == anna

    def test_waits_when_everybody_gave_it_back(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        actions.sign_in(ben.pk)
        actions.release(task.pk, by=ben, reason="me neither")
        assert holder(task) is None
        assert matching.match() == 0
        task.refresh_from_db()
        assert explanations.of_task(task) == (
            "Everybody on Invoices has given it back. Please assign it."
        )

    def test_never_comes_back_by_itself_after_others_had_it_and_it_was_reopened(
        self, anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        actions.sign_in(ben.pk)
        actions.complete(task.pk, by=ben)
        actions.sign_out(ben.pk, by=ben, reason="signed out")
        actions.reopen(task.pk, by=mona, reason="wrong label")
        assert holder(task) is None

    def test_manager_may_assign_it_to_who_gave_it_back(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="can't read it")
        actions.assign(task.pk, anna.pk, by=mona, reason="with my glasses")
        assert holder(task) == anna


class TestClaim:
    @pytest.fixture
    def waiting(self, anna: User, ben: User, invoices: Queue, add_task: AddTask) -> Task:
        """A task that came while Anna and Ben were there and nothing handed it out."""
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        return add_task(invoices)

    def test_free_person_claims_a_task(self, waiting: Task, anna: User) -> None:
        task = actions.claim(waiting.pk, by=anna)
        assert (task.status, task.assignee) == (Status.ASSIGNED, anna)

    def test_claiming_twice_changes_nothing(self, waiting: Task, anna: User) -> None:
        actions.claim(waiting.pk, by=anna)
        assert actions.claim(waiting.pk, by=anna).assignee == anna
        assert waiting.history.filter(kind="claimed").count() == 1

    def test_claiming_a_taken_task_names_its_holder(
        self, waiting: Task, anna: User, ben: User
    ) -> None:
        actions.claim(waiting.pk, by=ben)
        with pytest.raises(InvalidTransition, match="ben already has QD-0001"):
            actions.claim(waiting.pk, by=anna)

    def test_refused_when_at_capacity(
        self, waiting: Task, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.claim(waiting.pk, by=anna)
        with pytest.raises(NotEligible, match="anna has 1 of 1 tasks"):
            actions.claim(add_task(invoices).pk, by=anna)

    def test_refused_on_break(self, waiting: Task, anna: User) -> None:
        actions.take_break(anna.pk, by=anna, reason="lunch")
        with pytest.raises(NotEligible, match="on break: lunch"):
            actions.claim(waiting.pk, by=anna)

    def test_refused_when_signed_out(self, waiting: Task, anna: User) -> None:
        actions.sign_out(anna.pk, by=anna, reason="home")
        actions.sign_out(User.objects.get(username="ben").pk, by=None, reason="gone")
        with pytest.raises(NotEligible, match="not signed in"):
            actions.claim(waiting.pk, by=anna)

    def test_refused_from_a_queue_they_are_not_on(
        self, anna: User, labels: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        with pytest.raises(NotEligible, match="Labels"):
            actions.claim(add_task(labels).pk, by=anna)

    def test_refused_for_a_task_on_hold(self, waiting: Task, anna: User, mona: User) -> None:
        actions.hold(waiting.pk, by=mona, reason="call them")
        with pytest.raises(InvalidTransition, match="on hold"):
            actions.claim(waiting.pk, by=anna)

    def test_unknown_task_is_not_found(self, anna: User) -> None:
        with pytest.raises(NotFound):
            actions.claim(987654, by=anna)

    def test_claimable_tasks_are_listed_most_urgent_first(
        self, waiting: Task, anna: User, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        urgent = add_task(invoices, priority=Priority.P1)
        add_task(labels, priority=Priority.P1)
        assert assignment.claimable_by(anna, 10) == [urgent, waiting]
        assert assignment.claimable_by(anna, 1) == [urgent]


class TestAssign:
    @pytest.fixture
    def waiting(self, anna: User, ben: User, invoices: Queue, add_task: AddTask) -> Task:
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        return add_task(invoices)

    def test_manager_assigns_to_a_free_person(self, waiting: Task, ben: User, mona: User) -> None:
        assert actions.assign(waiting.pk, ben.pk, by=mona, reason="knows it").assignee == ben

    def test_person_need_not_be_on_the_queue(self, carla: User, mona: User, waiting: Task) -> None:
        actions.sign_in(carla.pk)
        assert actions.assign(waiting.pk, carla.pk, by=mona, reason="helps out").assignee == carla

    def test_assigning_a_held_task_frees_its_holder(
        self, waiting: Task, anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.claim(waiting.pk, by=anna)
        following = add_task(invoices)
        actions.assign(waiting.pk, ben.pk, by=mona, reason="knows it")
        assert (holder(waiting), holder(following)) == (ben, anna)

    def test_assigning_twice_changes_nothing(self, waiting: Task, ben: User, mona: User) -> None:
        for _ in range(2):
            actions.assign(waiting.pk, ben.pk, by=mona, reason="knows it")
        assert waiting.history.filter(kind="assigned").count() == 1

    def test_refused_to_people_signed_out_or_on_break(
        self, waiting: Task, anna: User, ben: User, carla: User, mona: User
    ) -> None:
        actions.take_break(ben.pk, by=ben, reason="lunch")
        for person, why in ((ben, "on break"), (carla, "not signed in")):
            with pytest.raises(NotEligible, match=why):
                actions.assign(waiting.pk, person.pk, by=mona, reason="please")
        assert holder(waiting) is None

    def test_refused_to_people_at_capacity(
        self, waiting: Task, anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.claim(waiting.pk, by=anna)
        actions.claim(add_task(invoices).pk, by=ben)
        with pytest.raises(NotEligible, match="ben has 1 of 1 tasks"):
            actions.assign(waiting.pk, ben.pk, by=mona, reason="please")
        assert holder(waiting) == anna

    def test_needs_a_reason_a_manager_and_a_known_person(
        self, waiting: Task, anna: User, ben: User, mona: User
    ) -> None:
        with pytest.raises(InvalidInput):
            actions.assign(waiting.pk, ben.pk, by=mona, reason="")
        with pytest.raises(NotAllowed):
            actions.assign(waiting.pk, ben.pk, by=anna, reason="he wants it")
        with pytest.raises(NotFound):
            actions.assign(waiting.pk, 987654, by=mona, reason="please")

    def test_completed_task_is_not_assigned(
        self, waiting: Task, anna: User, ben: User, mona: User
    ) -> None:
        actions.claim(waiting.pk, by=anna)
        lifecycle.complete(waiting.pk, by=anna)
        with pytest.raises(InvalidTransition):
            actions.assign(waiting.pk, ben.pk, by=mona, reason="again")


class TestEvents:
    @pytest.fixture(autouse=True)
    def both_there(self, anna: User, ben: User) -> None:
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)

    def test_resume_hands_out_the_task(
        self, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        lifecycle.hold(task.pk, by=mona, reason="call them")
        actions.resume(task.pk, by=mona)
        assert holder(task) is not None

    def test_reopen_hands_out_the_task(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        lifecycle.cancel(task.pk, by=mona, reason="twice")
        actions.reopen(task.pk, by=mona, reason="not twice")
        assert holder(task) is not None

    def test_hold_frees_the_holder(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.claim(task.pk, by=anna)
        following = add_task(invoices)
        actions.hold(task.pk, by=mona, reason="call them")
        assert holder(following) == anna

    def test_release_by_a_manager_frees_the_holder_and_offers_the_task(
        self, anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.claim(task.pk, by=anna)
        urgent = add_task(invoices, priority=Priority.P1)
        actions.release(task.pk, by=mona, reason="swap")
        assert (holder(urgent), holder(task)) == (anna, ben)

    def test_coming_back_from_a_break_brings_a_task(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.take_break(anna.pk, by=anna, reason="lunch")
        task = add_task(invoices)
        actions.come_back(anna.pk, by=anna)
        assert holder(task) == anna

    def test_cancel_and_pause_hand_out_nothing(
        self, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        assert actions.cancel(task.pk, by=mona, reason="twice").status == Status.CANCELLED
        assert actions.pause(invoices.pk, by=mona, reason="audit").is_paused

    def test_pause_needs_a_reason_a_manager_and_a_known_queue(
        self, anna: User, mona: User, invoices: Queue
    ) -> None:
        with pytest.raises(InvalidInput):
            actions.pause(invoices.pk, by=mona, reason="")
        with pytest.raises(NotAllowed):
            actions.pause(invoices.pk, by=anna, reason="I'd like to")
        with pytest.raises(NotFound):
            actions.pause(987654, by=mona, reason="audit")


def test_history_says_why_this_task_and_this_person(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices, priority=Priority.P1)
    actions.sign_in(anna.pk)
    row = task.history.get(kind="assigned")
    due = clock(task.due_at)
    assert f"P1, due {due}, most urgent of their one queue" in row.history_change_reason
    assert "free since" in row.history_change_reason
