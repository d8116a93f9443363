"""Undoing one's own completion: for ten seconds, and until one has started another task."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from qc.audit import invariants
from qc.core.exceptions import (
    InvalidInput,
    InvalidTransition,
    NotAllowed,
    StaleDraft,
)
from qc.models import Outcome, Queue, Status, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def completed_ago(task: Task, **units: int) -> None:
    Task.objects.filter(pk=task.pk).update(completed_at=timezone.now() - timedelta(**units))


@pytest.fixture
def two(anna: User, invoices: Queue, add_task: AddTask) -> tuple[Task, Task]:
    """Two tasks: Anna completed the first as failed, and has the second."""
    first, second = add_task(invoices), add_task(invoices)
    actions.sign_in(anna.pk)
    actions.complete(first.pk, by=anna, outcome="failed", notes="corner bent")
    return first, second


def test_task_comes_back_with_its_outcome_and_notes(two: tuple[Task, Task], anna: User) -> None:
    first, _second = two
    task = actions.undo(first.pk, by=anna)
    task.refresh_from_db()
    assert (task.status, task.assignee, task.completed_at) == (Status.ASSIGNED, anna, None)
    assert (task.draft, task.draft_outcome, task.outcome, task.notes) == (
        *("corner bent", Outcome.FAILED),
        *("", ""),
    )
    assert task.started_at is not None


def test_older_tab_cannot_complete_it_with_its_notes(two: tuple[Task, Task], anna: User) -> None:
    first, _second = two
    before = Task.objects.get(pk=first.pk).draft_version
    actions.undo(first.pk, by=anna)
    with pytest.raises(StaleDraft):
        actions.complete(first.pk, by=anna, outcome="passed", notes="", version=before)


def test_each_way_has_one_history_row(two: tuple[Task, Task], anna: User) -> None:
    first, _second = two
    actions.undo(first.pk, by=anna)
    actions.complete(first.pk, by=anna, outcome="passed")
    kinds = list(first.history.order_by("history_id").values_list("kind", flat=True))
    assert kinds[-3:] == ["completed", "completion undone", "completed"]
    assert not list(invariants.broken())


def test_next_task_goes_back_without_blame_where_there_is_no_slot(
    two: tuple[Task, Task], anna: User, ben: User
) -> None:
    first, second = two
    actions.sign_in(ben.pk)
    actions.undo(first.pk, by=anna)
    second.refresh_from_db()
    assert (second.assignee, second.hand_backs.count()) == (ben, 0)
    row = second.history.get(kind="returned")
    assert (row.history_user, row.history_change_reason) == (anna, "QD-0001 is open again")


def test_next_task_goes_back_with_what_was_typed_for_it(two: tuple[Task, Task], anna: User) -> None:
    first, second = two
    actions.save_draft(second.pk, "looking", by=anna)
    actions.undo(first.pk, by=anna)
    second.refresh_from_db()
    assert (second.status, second.draft) == (Status.PENDING, "looking")
    assert list(Task.objects.held_by(anna)) == [first]


def test_undoing_twice_undoes_once(two: tuple[Task, Task], anna: User) -> None:
    first, _second = two
    actions.undo(first.pk, by=anna)
    actions.undo(first.pk, by=anna)
    assert first.history.filter(kind="completion undone").count() == 1


def test_possible_after_ten_seconds_while_nothing_else_was_started(
    two: tuple[Task, Task], anna: User
) -> None:
    first, _second = two
    anna.history.update(history_date=timezone.now() - timedelta(hours=1))
    completed_ago(first, minutes=5)
    anna.refresh_from_db()
    assert actions.can_undo(anna) == first
    assert actions.undo(first.pk, by=anna).status == Status.ASSIGNED


def test_refused_after_ten_seconds_once_another_was_started(
    two: tuple[Task, Task], anna: User
) -> None:
    first, second = two
    actions.start(second.pk, by=anna)
    anna.refresh_from_db()
    assert actions.can_undo(anna) == first
    completed_ago(first, seconds=11)
    assert actions.can_undo(anna) is None
    with pytest.raises(InvalidTransition, match="too late"):
        actions.undo(first.pk, by=anna)


def test_not_offered_once_another_was_started_and_taken_away(
    two: tuple[Task, Task], anna: User, mona: User
) -> None:
    first, second = two
    actions.start(second.pk, by=anna)
    actions.hold(second.pk, by=mona, reason="call them")
    completed_ago(first, seconds=11)
    assert actions.can_undo(anna) is None


def test_refused_to_anybody_else(two: tuple[Task, Task], ben: User, mona: User) -> None:
    for other in (ben, mona):
        with pytest.raises(NotAllowed):
            actions.undo(two[0].pk, by=other)


def test_refused_once_a_manager_reopened_it(two: tuple[Task, Task], anna: User, mona: User) -> None:
    first, _second = two
    actions.reopen(first.pk, by=mona, reason="wrong label")
    with pytest.raises(InvalidTransition, match="waiting"):
        actions.undo(first.pk, by=anna)


class TestCorrection:
    def test_changes_outcome_and_notes_with_one_history_row(
        self, two: tuple[Task, Task], anna: User
    ) -> None:
        first, _second = two
        for _again in range(2):
            actions.correct(first.pk, by=anna, outcome="passed", notes="ok", reason="wrong key")
        first.refresh_from_db()
        assert (first.outcome, first.notes, first.status) == ("passed", "ok", Status.COMPLETED)
        row = first.history.get(kind="corrected")
        assert (row.history_user, row.history_change_reason, row.outcome) == (
            *(anna, "wrong key"),
            "passed",
        )
        assert not list(invariants.broken())

    def test_needs_a_reason_and_a_known_outcome(self, two: tuple[Task, Task], anna: User) -> None:
        for wrong in ({"reason": " "}, {"outcome": "maybe"}):
            values = {"outcome": "passed", "notes": "ok", "reason": "wrong key"} | wrong
            with pytest.raises(InvalidInput):
                actions.correct(two[0].pk, by=anna, **values)

    def test_possible_until_the_shift_ends(self, two: tuple[Task, Task], anna: User) -> None:
        actions.sign_out(anna.pk, by=anna, reason="signed out")
        actions.sign_in(anna.pk)
        with pytest.raises(InvalidTransition, match="no longer be corrected"):
            actions.correct(two[0].pk, by=anna, outcome="passed", notes="", reason="oh")

    def test_possible_for_the_time_of_the_queue(
        self, two: tuple[Task, Task], anna: User, invoices: Queue
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(correct_within=timedelta(minutes=30))
        # Her shift began earlier: what she did in it is listed after midnight, too.
        anna.history.update(history_date=timezone.now() - timedelta(hours=1))
        completed_ago(two[0], minutes=29)
        assert [task.is_correctable for task in actions.done_today(anna)] == [True]
        completed_ago(two[0], minutes=31)
        assert [task.is_correctable for task in actions.done_today(anna)] == [False]

    def test_refused_to_anybody_else(self, two: tuple[Task, Task], ben: User, mona: User) -> None:
        for other in (ben, mona):
            with pytest.raises(NotAllowed):
                actions.correct(two[0].pk, by=other, outcome="passed", notes="", reason="x")

    def test_done_today_lists_the_last_twenty_newest_first(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        tasks = [add_task(invoices) for _ in range(22)]
        for task in tasks:
            actions.claim(task.pk, by=anna)
            actions.complete(task.pk, by=anna)
        assert actions.done_today(anna) == tasks[:1:-1]
