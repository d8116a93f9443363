"""Each transition of a task's life: what it does, and what it refuses."""

from collections.abc import Callable

import pytest

from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotFound
from qc.models import Outcome, Queue, Status, Task, User
from qc.work import actions, lifecycle

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def hers(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task in Anna's hands."""
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    task.refresh_from_db()
    assert task.assignee == anna
    return task


@pytest.fixture
def waiting(invoices: Queue, add_task: AddTask) -> Task:
    """A task that nobody has, with nobody there."""
    return add_task(invoices)


class TestStart:
    def test_the_holder_starts(self, hers: Task, anna: User) -> None:
        task = lifecycle.start(hers.pk, by=anna)
        assert task.started_at is not None
        assert task.status == Status.ASSIGNED

    def test_starting_again_keeps_the_first_time(self, hers: Task, anna: User) -> None:
        first = lifecycle.start(hers.pk, by=anna).started_at
        assert lifecycle.start(hers.pk, by=anna).started_at == first
        assert hers.history.filter(kind="started").count() == 1

    def test_nobody_else_may(self, hers: Task, ben: User, mona: User) -> None:
        for other in (ben, mona):
            with pytest.raises(NotAllowed, match="is assigned to anna"):
                lifecycle.start(hers.pk, by=other)

    def test_a_waiting_task_can_not_be_started(self, waiting: Task, anna: User) -> None:
        with pytest.raises(InvalidTransition, match="is waiting"):
            lifecycle.start(waiting.pk, by=anna)


class TestComplete:
    def test_it_keeps_who_when_and_what(self, hers: Task, anna: User) -> None:
        task = lifecycle.complete(hers.pk, by=anna, outcome="failed", notes="seal broken")
        task.refresh_from_db()
        assert (task.status, task.outcome) == (Status.COMPLETED, Outcome.FAILED)
        assert (task.assignee, task.slot, task.notes) == (anna, None, "seal broken")
        assert task.completed_at is not None

    def test_without_a_start_it_counts_as_started_then(self, hers: Task, anna: User) -> None:
        task = lifecycle.complete(hers.pk, by=anna)
        assert task.started_at == task.completed_at

    def test_without_notes_the_draft_stands(self, hers: Task, anna: User) -> None:
        lifecycle.save_draft(hers.pk, "corner bent", by=anna)
        task = lifecycle.complete(hers.pk, by=anna)
        assert (task.notes, task.draft) == ("corner bent", "")

    def test_empty_notes_are_meant(self, hers: Task, anna: User) -> None:
        lifecycle.save_draft(hers.pk, "corner bent", by=anna)
        assert lifecycle.complete(hers.pk, by=anna, notes="").notes == ""

    def test_twice_completes_once(self, hers: Task, anna: User) -> None:
        first = lifecycle.complete(hers.pk, by=anna, notes="fine")
        again = lifecycle.complete(hers.pk, by=anna, outcome="failed", notes="no, bad")
        assert (again.completed_at, again.outcome) == (first.completed_at, Outcome.PASSED)
        assert hers.history.filter(kind="completed").count() == 1

    def test_nobody_else_may(self, hers: Task, ben: User, mona: User) -> None:
        for other in (ben, mona):
            with pytest.raises(NotAllowed):
                lifecycle.complete(hers.pk, by=other)

    def test_what_somebody_else_completed_stays_theirs(
        self, hers: Task, anna: User, ben: User
    ) -> None:
        lifecycle.complete(hers.pk, by=anna)
        with pytest.raises(NotAllowed):
            lifecycle.complete(hers.pk, by=ben)

    def test_what_went_back_meanwhile_is_not_in_a_state_for_it(
        self, hers: Task, anna: User, mona: User
    ) -> None:
        lifecycle.release(hers.pk, by=mona, reason="wrong person")
        with pytest.raises(InvalidTransition):
            lifecycle.complete(hers.pk, by=anna)

    def test_an_unknown_outcome_names_what_is_allowed(self, hers: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="passed, failed") as refused:
            lifecycle.complete(hers.pk, by=anna, outcome="perhaps")
        assert refused.value.field == "outcome"

    def test_an_unknown_task_is_not_found(self, anna: User) -> None:
        with pytest.raises(NotFound):
            lifecycle.complete(987654, by=anna)


class TestDraft:
    def test_it_travels_with_the_task_when_it_goes_back(
        self, hers: Task, anna: User, ben: User
    ) -> None:
        lifecycle.save_draft(hers.pk, "page 2 missing", by=anna)
        lifecycle.release(hers.pk, by=anna, reason="no time")
        actions.sign_in(ben.pk)
        hers.refresh_from_db()
        assert (hers.assignee, hers.draft) == (ben, "page 2 missing")

    def test_it_leaves_no_history(self, hers: Task, anna: User) -> None:
        before = hers.history.count()
        lifecycle.save_draft(hers.pk, "page 2 missing", by=anna)
        assert hers.history.count() == before

    def test_only_the_holder_writes_it(self, hers: Task, ben: User) -> None:
        with pytest.raises(NotAllowed):
            lifecycle.save_draft(hers.pk, "mine now", by=ben)


class TestRelease:
    def test_the_holder_gives_it_back(self, hers: Task, anna: User) -> None:
        lifecycle.start(hers.pk, by=anna)
        task = lifecycle.release(hers.pk, by=anna, reason="needs a lamp")
        task.refresh_from_db()
        assert (task.status, task.assignee, task.slot) == (Status.PENDING, None, None)
        assert (task.started_at, task.released_by) == (None, anna)

    def test_what_a_manager_takes_away_goes_not_straight_back(
        self, hers: Task, anna: User, ben: User, mona: User
    ) -> None:
        actions.release(hers.pk, by=mona, reason="training")
        assert Task.objects.get(pk=hers.pk).assignee is None
        actions.sign_in(ben.pk)
        assert Task.objects.get(pk=hers.pk).assignee == ben

    def test_it_needs_a_reason(self, hers: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="reason"):
            lifecycle.release(hers.pk, by=anna, reason="  ")
        hers.refresh_from_db()
        assert hers.assignee == anna

    def test_nobody_else_may(self, hers: Task, ben: User) -> None:
        with pytest.raises(NotAllowed):
            lifecycle.release(hers.pk, by=ben, reason="mine")

    def test_a_waiting_task_can_not_be_released(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.release(waiting.pk, by=mona, reason="again")


class TestHoldAndResume:
    def test_a_waiting_task_is_parked_and_waits_again(self, waiting: Task, mona: User) -> None:
        assert lifecycle.hold(waiting.pk, by=mona, reason="call them").status == Status.ON_HOLD
        assert lifecycle.resume(waiting.pk, by=mona).status == Status.PENDING

    def test_an_assigned_task_leaves_its_person(self, hers: Task, mona: User) -> None:
        task = lifecycle.hold(hers.pk, by=mona, reason="call them")
        assert (task.assignee, task.slot) == (None, None)

    @pytest.mark.parametrize("transition", [lifecycle.hold, lifecycle.cancel])
    def test_they_need_a_reason(
        self, transition: Callable[..., Task], waiting: Task, mona: User
    ) -> None:
        with pytest.raises(InvalidInput):
            transition(waiting.pk, by=mona, reason="")

    def test_twice_is_refused_and_harmless(self, waiting: Task, mona: User) -> None:
        lifecycle.hold(waiting.pk, by=mona, reason="call them")
        with pytest.raises(InvalidTransition, match="on hold"):
            lifecycle.hold(waiting.pk, by=mona, reason="call them")
        assert waiting.history.filter(kind="held").count() == 1

    def test_only_what_is_on_hold_is_resumed(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.resume(waiting.pk, by=mona)


class TestCancelAndReopen:
    def test_a_waiting_task_is_cancelled_and_reopened(self, waiting: Task, mona: User) -> None:
        assert lifecycle.cancel(waiting.pk, by=mona, reason="twice").status == Status.CANCELLED
        assert lifecycle.reopen(waiting.pk, by=mona, reason="no").status == Status.PENDING

    def test_an_assigned_task_is_not_cancelled_under_somebodys_hands(
        self, hers: Task, mona: User
    ) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.cancel(hers.pk, by=mona, reason="twice")

    def test_a_completed_task_starts_anew_with_its_notes_as_draft(
        self, hers: Task, anna: User, mona: User
    ) -> None:
        lifecycle.complete(hers.pk, by=anna, outcome="failed", notes="seal broken")
        task = lifecycle.reopen(hers.pk, by=mona, reason="look again")
        task.refresh_from_db()
        assert (task.status, task.outcome, task.completed_at) == (Status.PENDING, "", None)
        assert (task.notes, task.draft) == ("", "seal broken")

    def test_reopening_needs_a_reason(self, hers: Task, anna: User, mona: User) -> None:
        lifecycle.complete(hers.pk, by=anna)
        with pytest.raises(InvalidInput):
            lifecycle.reopen(hers.pk, by=mona, reason="")

    def test_a_waiting_task_can_not_be_reopened(self, waiting: Task, mona: User) -> None:
        with pytest.raises(InvalidTransition):
            lifecycle.reopen(waiting.pk, by=mona, reason="why not")


@pytest.mark.parametrize("transition", [lifecycle.hold, lifecycle.cancel, lifecycle.reopen])
def test_only_a_manager_steers(
    transition: Callable[..., Task], waiting: Task, anna: User, otto: User
) -> None:
    for other in (anna, otto):
        with pytest.raises(NotAllowed, match="Only a manager"):
            transition(waiting.pk, by=other, reason="because")


def test_pages_offer_only_what_is_possible_now(hers: Task, anna: User, mona: User) -> None:
    assert lifecycle.may_now(anna, "complete", hers)
    assert not lifecycle.may_now(mona, "complete", hers)
    assert lifecycle.may_now(mona, "hold", hers)
    assert not lifecycle.may_now(mona, "cancel", hers)
