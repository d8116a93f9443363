"""Each transition of a task's life: what it does, and what it refuses."""

from collections.abc import Callable

import pytest

from qc.core.exceptions import (
    AlreadyCompleted,
    InvalidInput,
    InvalidTransition,
    NotAllowed,
    NotFound,
)
from qc.models import Outcome, Queue, Status, Task, User
from qc.work import actions, guards, lifecycle

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def waiting(invoices: Queue, add_task: AddTask) -> Task:
    """A task that nobody has, with nobody there."""
    return add_task(invoices)


class TestStart:
    def test_the_holder_starts(self, held: Task, anna: User) -> None:
        task = lifecycle.start(held.pk, by=anna)
        assert task.started_at is not None
        assert task.status == Status.ASSIGNED

    def test_starting_again_keeps_the_first_time(self, held: Task, anna: User) -> None:
        first = lifecycle.start(held.pk, by=anna).started_at
        assert lifecycle.start(held.pk, by=anna).started_at == first
        assert held.history.filter(kind="started").count() == 1

    def test_refused_to_anybody_but_the_holder(self, held: Task, ben: User, mona: User) -> None:
        for other in (ben, mona):
            with pytest.raises(NotAllowed, match="is assigned to anna"):
                lifecycle.start(held.pk, by=other)

    def test_waiting_task_cannot_be_started(self, waiting: Task, anna: User) -> None:
        with pytest.raises(InvalidTransition, match="is waiting"):
            lifecycle.start(waiting.pk, by=anna)


class TestComplete:
    def test_keeps_holder_time_outcome_and_notes(self, held: Task, anna: User) -> None:
        task = lifecycle.complete(held.pk, by=anna, outcome="failed", notes="seal broken")
        task.refresh_from_db()
        assert (task.status, task.outcome) == (Status.COMPLETED, Outcome.FAILED)
        assert (task.assignee, task.slot, task.notes) == (anna, None, "seal broken")
        assert task.completed_at is not None

    def test_task_that_was_not_started_starts_when_completed(self, held: Task, anna: User) -> None:
        task = lifecycle.complete(held.pk, by=anna)
        assert task.started_at == task.completed_at

    def test_draft_becomes_notes_when_none_are_sent(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "corner bent", by=anna)
        task = lifecycle.complete(held.pk, by=anna)
        assert (task.notes, task.draft) == ("corner bent", "")

    def test_empty_notes_replace_the_draft(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "corner bent", by=anna)
        assert lifecycle.complete(held.pk, by=anna, notes="").notes == ""

    def test_completing_twice_changes_nothing(self, held: Task, anna: User) -> None:
        first = lifecycle.complete(held.pk, by=anna, notes="fine")
        for same in ({}, {"outcome": "passed"}, {"notes": "fine\r\n"}):
            again = lifecycle.complete(held.pk, by=anna, **same)
            assert (again.completed_at, again.notes) == (first.completed_at, "fine")
        assert held.history.filter(kind="completed").count() == 1

    @pytest.mark.parametrize("other", [{"outcome": "failed"}, {"notes": "no, bad"}])
    def test_completing_again_otherwise_is_refused_in_words(
        self, held: Task, anna: User, other: dict[str, str]
    ) -> None:
        lifecycle.complete(held.pk, by=anna, notes="fine")
        with pytest.raises(AlreadyCompleted, match="You completed QD-0001 as passed"):
            lifecycle.complete(held.pk, by=anna, **other)
        held.refresh_from_db()
        assert (held.outcome, held.notes) == (Outcome.PASSED, "fine")

    def test_refused_to_anybody_but_the_holder(self, held: Task, ben: User, mona: User) -> None:
        for other in (ben, mona):
            with pytest.raises(NotAllowed):
                lifecycle.complete(held.pk, by=other)

    def test_refused_when_somebody_else_completed_it(
        self, held: Task, anna: User, ben: User
    ) -> None:
        lifecycle.complete(held.pk, by=anna)
        with pytest.raises(NotAllowed):
            lifecycle.complete(held.pk, by=ben)

    def test_refused_when_it_went_back_meanwhile(self, held: Task, anna: User, mona: User) -> None:
        lifecycle.release(held.pk, by=mona, reason="wrong person")
        with pytest.raises(InvalidTransition):
            lifecycle.complete(held.pk, by=anna)

    def test_unknown_outcome_is_refused_with_the_allowed_ones(self, held: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="passed, partial, failed") as refused:
            lifecycle.complete(held.pk, by=anna, outcome="perhaps")
        assert refused.value.field == "outcome"

    def test_unknown_task_is_not_found(self, anna: User) -> None:
        with pytest.raises(NotFound):
            lifecycle.complete(987654, by=anna)


class TestDraft:
    def test_draft_stays_with_a_task_that_goes_back(
        self, held: Task, anna: User, ben: User
    ) -> None:
        actions.save_draft(held.pk, "page 2 missing", by=anna)
        lifecycle.release(held.pk, by=anna, reason="no time")
        actions.sign_in(ben.pk)
        held.refresh_from_db()
        assert (held.assignee, held.draft) == (ben, "page 2 missing")

    def test_draft_writes_no_history(self, held: Task, anna: User) -> None:
        lifecycle.start(held.pk, by=anna)
        before = held.history.count()
        actions.save_draft(held.pk, "page 2 missing", by=anna)
        assert held.history.count() == before

    def test_only_the_holder_writes_a_draft(self, held: Task, ben: User) -> None:
        with pytest.raises(NotAllowed):
            actions.save_draft(held.pk, "mine now", by=ben)


class TestRelease:
    def test_holder_gives_a_task_back(self, held: Task, anna: User) -> None:
        lifecycle.start(held.pk, by=anna)
        task = lifecycle.release(held.pk, by=anna, reason="needs a lamp")
        task.refresh_from_db()
        assert (task.status, task.assignee, task.slot) == (Status.PENDING, None, None)
        assert (task.started_at, task.released_by) == (None, anna)

    def test_task_released_by_a_manager_does_not_come_straight_back(
        self, held: Task, anna: User, ben: User, mona: User
    ) -> None:
        actions.release(held.pk, by=mona, reason="training")
        assert Task.objects.get(pk=held.pk).assignee is None
        actions.sign_in(ben.pk)
        assert Task.objects.get(pk=held.pk).assignee == ben

    def test_release_needs_a_reason(self, held: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="reason"):
            lifecycle.release(held.pk, by=anna, reason="  ")
        held.refresh_from_db()
        assert held.assignee == anna

    def test_refused_to_anybody_but_the_holder(self, held: Task, ben: User) -> None:
        with pytest.raises(NotAllowed):
            lifecycle.release(held.pk, by=ben, reason="mine")

    def test_waiting_task_cannot_be_released(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.release(waiting.pk, by=mona, reason="again")


class TestHoldAndResume:
    def test_waiting_task_is_put_on_hold_and_resumed(self, waiting: Task, mona: User) -> None:
        assert lifecycle.hold(waiting.pk, by=mona, reason="call them").status == Status.ON_HOLD
        assert lifecycle.resume(waiting.pk, by=mona).status == Status.PENDING

    def test_held_task_leaves_its_holder(self, held: Task, mona: User) -> None:
        task = lifecycle.hold(held.pk, by=mona, reason="call them")
        assert (task.assignee, task.slot) == (None, None)

    @pytest.mark.parametrize("transition", [lifecycle.hold, lifecycle.cancel])
    def test_hold_and_cancel_need_a_reason(
        self, transition: Callable[..., Task], waiting: Task, mona: User
    ) -> None:
        with pytest.raises(InvalidInput):
            transition(waiting.pk, by=mona, reason="")

    def test_holding_twice_is_refused_and_changes_nothing(self, waiting: Task, mona: User) -> None:
        lifecycle.hold(waiting.pk, by=mona, reason="call them")
        with pytest.raises(InvalidTransition, match="on hold"):
            lifecycle.hold(waiting.pk, by=mona, reason="call them")
        assert waiting.history.filter(kind="held").count() == 1

    def test_only_tasks_on_hold_are_resumed(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.resume(waiting.pk, by=mona)


class TestCancelAndReopen:
    def test_waiting_task_is_cancelled_and_reopened(self, waiting: Task, mona: User) -> None:
        assert lifecycle.cancel(waiting.pk, by=mona, reason="twice").status == Status.CANCELLED
        assert lifecycle.reopen(waiting.pk, by=mona, reason="no").status == Status.PENDING

    def test_assigned_task_is_not_cancelled(self, held: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.cancel(held.pk, by=mona, reason="twice")

    def test_reopened_task_has_its_notes_as_draft(self, held: Task, anna: User, mona: User) -> None:
        lifecycle.complete(held.pk, by=anna, outcome="failed", notes="seal broken")
        task = lifecycle.reopen(held.pk, by=mona, reason="look again")
        task.refresh_from_db()
        assert (task.status, task.outcome, task.completed_at) == (Status.PENDING, "", None)
        assert (task.notes, task.draft) == ("", "seal broken")

    def test_reopening_needs_a_reason(self, held: Task, anna: User, mona: User) -> None:
        lifecycle.complete(held.pk, by=anna)
        with pytest.raises(InvalidInput):
            lifecycle.reopen(held.pk, by=mona, reason="")

    def test_waiting_task_cannot_be_reopened(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.reopen(waiting.pk, by=mona, reason="why not")


@pytest.mark.parametrize("transition", [lifecycle.hold, lifecycle.cancel, lifecycle.reopen])
def test_only_managers_hold_cancel_and_reopen(
    transition: Callable[..., Task], waiting: Task, anna: User, otto: User
) -> None:
    for other in (anna, otto):
        with pytest.raises(NotAllowed, match="Only a manager"):
            transition(waiting.pk, by=other, reason="because")


def test_may_now_needs_both_state_and_rights(held: Task, anna: User, mona: User) -> None:
    assert guards.may_now(anna, "complete", held)
    assert not guards.may_now(mona, "complete", held)
    assert guards.may_now(mona, "hold", held)
    assert not guards.may_now(mona, "cancel", held)
