"""A manager puts a task next for somebody: it is theirs when they finish, before all others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.audit import invariants
from qc.core.exceptions import InvalidTransition, NotAllowed, NotEligible
from qc.models import NOT_RESPONDING, ChangeKind, Queue, Status, Task, User
from qc.work import actions, bulk_changes, explanations, line, lost_access, matching, presence
from qc.work.sweep import sweep

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def busy_anna(anna: User, invoices: Queue, add_task: AddTask) -> User:
    """Anna has QD-0001; QD-0002 is more urgent than QD-0003, and both wait."""
    for priority in (1, 2, 4):
        add_task(invoices, priority=priority)
    return actions.sign_in(anna.pk)


def task(number: int) -> Task:
    return Task.objects.get(reference=f"QD-{number:04}")


def finish(person: User) -> str:
    """Complete what a person holds; return what they hold then."""
    held = Task.objects.held_by(person).get()
    actions.complete(held.pk, by=User.objects.get(pk=person.pk))
    now = Task.objects.held_by(person).first()
    return now.reference if now else ""


def in_line(person: User) -> list[str]:
    return [one.reference for one in person.line.order_by("-next_at", "-pk")]


@pytest.fixture(autouse=True)
def sound_afterwards() -> object:
    yield
    assert list(invariants.broken()) == []


class TestWhoGetsIt:
    def test_person_gets_it_when_they_finish_before_what_is_more_urgent(
        self, busy_anna: User, mona: User
    ) -> None:
        actions.give_next(task(3).pk, busy_anna.pk, by=mona)
        assert finish(busy_anna) == "QD-0003"
        assert in_line(busy_anna) == []
        assert finish(busy_anna) == "QD-0002"

    def test_last_one_put_next_comes_first(self, busy_anna: User, mona: User) -> None:
        actions.give_next(task(2).pk, busy_anna.pk, by=mona)
        actions.give_next(task(3).pk, busy_anna.pk, by=mona)
        assert in_line(busy_anna) == ["QD-0003", "QD-0002"]
        assert finish(busy_anna) == "QD-0003"
        assert finish(busy_anna) == "QD-0002"

    def test_nobody_else_is_handed_it(self, busy_anna: User, ben: User, mona: User) -> None:
        actions.give_next(task(2).pk, busy_anna.pk, by=mona)
        actions.sign_in(ben.pk)
        assert Task.objects.held_by(ben).get() == task(3)
        assert finish(ben) == ""
        matching.match()
        assert task(2).status == Status.PENDING
        assert finish(busy_anna) == "QD-0002"

    def test_who_is_free_meanwhile_gets_it_at_once(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        presence.sign_in(anna.pk)
        waiting = add_task(invoices)
        given = actions.give_next(waiting.pk, anna.pk, by=mona)
        assert (given.status, given.assignee, given.next_for) == (Status.ASSIGNED, anna, None)

    def test_task_that_they_once_gave_back_is_theirs_again(
        self, busy_anna: User, mona: User
    ) -> None:
        actions.release(task(1).pk, by=busy_anna, reason="too dark")
        actions.give_next(task(1).pk, busy_anna.pk, by=mona)
        assert finish(busy_anna) == "QD-0001"

    def test_paused_queue_keeps_it_in_line(
        self, busy_anna: User, mona: User, invoices: Queue
    ) -> None:
        actions.give_next(task(3).pk, busy_anna.pk, by=mona)
        actions.pause(invoices.pk, by=mona, reason="scanner")
        assert finish(busy_anna) == ""
        actions.unpause(invoices.pk, by=mona)
        assert Task.objects.held_by(busy_anna).get() == task(3)

    def test_two_slots_take_the_line_and_then_what_is_most_urgent(
        self, anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        for priority in (1, 1, 2, 4):
            add_task(invoices, priority=priority)
        actions.sign_in(anna.pk)
        actions.give_next(task(4).pk, anna.pk, by=mona)
        actions.take_break(anna.pk, by=anna, reason="Lunch")
        for held in Task.objects.held_by(anna):
            actions.complete(held.pk, by=User.objects.get(pk=anna.pk))
        actions.come_back(anna.pk, by=anna)
        assert set(Task.objects.held_by(anna)) == {task(3), task(4)}


class TestHowItEnds:
    @pytest.fixture
    def lined(self, busy_anna: User, mona: User) -> Task:
        return actions.give_next(task(3).pk, busy_anna.pk, by=mona)

    def test_manager_takes_it_back(self, lined: Task, busy_anna: User, mona: User) -> None:
        actions.take_from_line(lined.pk, by=mona, reason="no hurry")
        assert in_line(busy_anna) == []
        assert finish(busy_anna) == "QD-0002"

    def test_free_person_gets_it_once_it_is_taken_back(
        self, lined: Task, ben: User, mona: User
    ) -> None:
        actions.cancel(task(2).pk, by=mona, reason="x")
        actions.sign_in(ben.pk)
        assert not Task.objects.held_by(ben)
        actions.take_from_line(lined.pk, by=mona)
        assert Task.objects.held_by(ben).get() == lined

    @pytest.mark.parametrize("change", ["hold", "cancel", "assign", "claim", "move"])
    def test_whatever_else_becomes_of_it_ends_it(
        self, lined: Task, busy_anna: User, ben: User, mona: User, labels: Queue, change: str
    ) -> None:
        presence.sign_in(ben.pk)
        changes: dict[str, Callable[[], object]] = {
            "hold": lambda: actions.hold(lined.pk, by=mona, reason="x"),
            "cancel": lambda: actions.cancel(lined.pk, by=mona, reason="x"),
            "assign": lambda: actions.assign(lined.pk, ben.pk, by=mona, reason="x"),
            "claim": lambda: actions.claim(lined.pk, by=ben),
            "move": lambda: bulk_changes.CHANGES["move"](lined.pk, labels.pk, by=mona, reason="x"),
        }
        changes[change]()
        assert in_line(busy_anna) == []
        assert finish(busy_anna) == "QD-0002"

    def test_sign_out_ends_it(self, lined: Task, busy_anna: User, ben: User) -> None:
        actions.sign_in(ben.pk)
        actions.sign_out(busy_anna.pk, by=busy_anna, reason="gone")
        assert in_line(busy_anna) == []
        assert {finish(ben), finish(ben)} == {"QD-0001", "QD-0003"}

    def test_person_who_is_not_seen_for_long_has_no_line(
        self, lined: Task, busy_anna: User
    ) -> None:
        long_ago = timezone.now() - timedelta(days=1)
        User.objects.filter(pk=busy_anna.pk).update(last_seen_at=long_ago)
        sweep()
        assert in_line(busy_anna) == []

    def test_person_who_does_not_respond_has_no_line(self, lined: Task, busy_anna: User) -> None:
        presence.take_break(busy_anna.pk, by=None, reason=NOT_RESPONDING)
        assert in_line(busy_anna) == []

    def test_break_keeps_it(self, lined: Task, busy_anna: User) -> None:
        actions.take_break(busy_anna.pk, by=busy_anna, reason="Lunch")
        assert in_line(busy_anna) == ["QD-0003"]

    def test_it_ends_with_the_queue_of_its_person(
        self, lined: Task, busy_anna: User, mona: User, invoices: Queue
    ) -> None:
        before = lost_access.access_of(busy_anna.pk)
        invoices.people.remove(busy_anna)
        returned = lost_access.return_lost(busy_anna.pk, before, by=mona)
        assert {one.reference for one in returned} == {"QD-0001", "QD-0003"}
        assert in_line(busy_anna) == []

    def test_it_ends_with_a_queue_that_loses_its_person(
        self, lined: Task, busy_anna: User, mona: User, invoices: Queue
    ) -> None:
        finish(busy_anna)
        actions.give_next(task(2).pk, busy_anna.pk, by=mona)
        actions.release(lined.pk, by=mona, reason="x")
        before = lost_access.holders_of(invoices.pk)
        invoices.people.remove(busy_anna)
        lost_access.return_from_queue(invoices.pk, before, by=mona)
        assert in_line(busy_anna) == []

    def test_sweep_ends_what_was_left(self, lined: Task, busy_anna: User, invoices: Queue) -> None:
        invoices.people.remove(busy_anna)
        assert list(invariants.strayed_from_lines()) == [
            "QD-0003 is in the line of anna, who can't be given it"
        ]
        sweep()
        assert in_line(busy_anna) == []


class TestWhoMay:
    def test_only_managers_may(self, busy_anna: User, ben: User, otto: User, mona: User) -> None:
        for somebody in (busy_anna, ben, otto):
            with pytest.raises(NotAllowed):
                actions.give_next(task(3).pk, busy_anna.pk, by=somebody)
        actions.give_next(task(3).pk, busy_anna.pk, by=mona)
        with pytest.raises(NotAllowed):
            actions.take_from_line(task(3).pk, by=busy_anna)

    def test_task_must_wait(self, busy_anna: User, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            actions.give_next(task(1).pk, busy_anna.pk, by=mona)

    def test_person_must_be_there_and_serve_its_queue(
        self, busy_anna: User, ben: User, carla: User, mona: User
    ) -> None:
        presence.sign_in(carla.pk)
        with pytest.raises(NotEligible, match="ben is not signed in"):
            actions.give_next(task(3).pk, ben.pk, by=mona)
        with pytest.raises(NotEligible, match="carla gets no tasks from Invoices"):
            actions.give_next(task(3).pk, carla.pk, by=mona)

    def test_line_has_an_end(
        self, busy_anna: User, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        for _ in range(line.MOST):
            actions.give_next(add_task(invoices).pk, busy_anna.pk, by=mona)
        with pytest.raises(NotEligible, match="anna has 5 tasks in line already"):
            actions.give_next(task(3).pk, busy_anna.pk, by=mona)


def test_history_says_who_put_it_and_why_it_was_assigned(busy_anna: User, mona: User) -> None:
    actions.give_next(task(3).pk, busy_anna.pk, by=mona, reason="they called")
    put = task(3).history.first()
    assert (put.kind, put.history_user, put.person) == (ChangeKind.PUT_NEXT, mona, busy_anna)
    assert put.why == "they called"
    assert explanations.of_task(task(3)) == "It is next for anna, who gets it before all others."
    finish(busy_anna)
    assert task(3).history.first().why == "put next by a manager"


def test_only_who_has_a_line_takes_a_statement_more_to_get_the_next(
    busy_anna: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    add_task(invoices, priority=1)

    def statements() -> int:
        held, me = Task.objects.held_by(busy_anna).get(), User.objects.get(pk=busy_anna.pk)
        with CaptureQueriesContext(connection) as queries:
            actions.complete(held.pk, by=me)
        return len(queries)

    statements()
    without = statements()
    actions.give_next(task(3).pk, busy_anna.pk, by=mona)
    add_task(invoices)
    # It is locked; nothing else is looked for.
    assert statements() <= without + 1
