"""Edits of tasks to be done: another queue, priority or due time, each with one row of history."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.audit import invariants
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotFound
from qc.models import Priority, Queue, Status, Task, User
from qc.work import actions, edits, lifecycle, matching, presence, sweep

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def late(invoices: Queue, add_task: AddTask) -> Task:
    """A P3 that was due an hour ago, and that the sweep has raised to P2."""
    task = add_task(invoices)
    hour_ago = timezone.now() - timedelta(hours=1)
    Task.objects.filter(pk=task.pk).update(due_at=hour_ago, raise_at=hour_ago)
    assert sweep.raise_overdue() == 1
    task.refresh_from_db()
    assert (task.priority, task.raised) == (Priority.P2, 1)
    return task


class TestMove:
    def test_waiting_task_goes_to_somebody_of_the_new_queue(
        self, invoices: Queue, labels: Queue, carla: User, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(carla.pk)
        edits.move(task.pk, labels.pk, by=mona, reason="wrong pile")
        task.refresh_from_db()
        assert (task.queue, task.assignee) == (labels, carla)
        row = task.history.get(kind="moved")
        assert (row.history_user, row.history_change_reason) == (mona, "wrong pile")
        assert list(invariants.broken()) == []

    def test_assigned_task_stays_with_its_holder(
        self, held: Task, labels: Queue, anna: User, carla: User, mona: User
    ) -> None:
        actions.sign_in(carla.pk)
        edits.move(held.pk, labels.pk, by=mona, reason="wrong pile")
        held.refresh_from_db()
        assert (held.queue, held.assignee, held.status) == (labels, anna, Status.ASSIGNED)

    def test_task_that_is_there_already_leaves_no_row(
        self, invoices: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        edits.move(task.pk, invoices.pk, by=mona, reason="tidy")
        assert not task.history.filter(kind="moved").exists()

    def test_closed_queue_is_refused_naming_the_open_ones(
        self, invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        Queue.objects.filter(pk=labels.pk).update(is_closed=True)
        with pytest.raises(InvalidInput, match="Choose one of: Invoices") as refusal:
            edits.move(add_task(invoices).pk, labels.pk, by=mona, reason="tidy")
        assert refusal.value.field == "queue"

    def test_task_that_is_moved_while_it_is_handed_out_goes_to_nobody_else(
        self, invoices: Queue, labels: Queue, anna: User, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        presence.sign_in(anna.pk)
        planned = matching.plan()
        edits.move(task.pk, labels.pk, by=mona, reason="wrong pile")
        assert [pair.task.pk for pair in planned] == [task.pk]
        assert matching._assign(planned) == 0


class TestPriority:
    def test_is_the_original_one_from_now_on(self, late: Task, mona: User) -> None:
        edits.set_priority(late.pk, Priority.P4, by=mona, reason="can wait")
        late.refresh_from_db()
        assert (late.priority, late.raised) == (Priority.P4, 0)
        row = late.history.get(kind="priority set")
        assert (row.history_change_reason, row.priority, row.raised) == ("can wait", 4, 0)
        assert list(invariants.broken()) == []

    def test_raised_task_can_be_given_that_priority_for_good(self, late: Task, mona: User) -> None:
        edits.set_priority(late.pk, Priority.P2, by=mona, reason="it is")
        late.refresh_from_db()
        assert (late.priority, late.raised) == (Priority.P2, 0)

    def test_same_priority_leaves_no_row(
        self, invoices: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        edits.set_priority(task.pk, task.priority, by=mona, reason="same")
        assert not task.history.filter(kind="priority set").exists()

    def test_unknown_priority_is_refused(
        self, invoices: Queue, mona: User, add_task: AddTask
    ) -> None:
        with pytest.raises(InvalidInput, match="1, 2, 3 or 4"):
            edits.set_priority(add_task(invoices).pk, 5, by=mona, reason="five")


class TestDue:
    def test_later_due_time_gives_the_original_priority_back(self, late: Task, mona: User) -> None:
        tomorrow = timezone.now() + timedelta(days=1)
        edits.set_due(late.pk, tomorrow, by=mona, reason="customer can wait")
        late.refresh_from_db()
        assert (late.priority, late.raised) == (Priority.P3, 0)
        assert (late.due_at, late.raise_at) == (tomorrow, tomorrow)
        assert late.history.get(kind="due set").history_change_reason == "customer can wait"
        assert list(invariants.broken()) == []

    def test_task_that_is_still_late_keeps_its_raised_priority(
        self, late: Task, mona: User
    ) -> None:
        edits.set_due(late.pk, late.due_at + timedelta(minutes=1), by=mona, reason="typing error")
        late.refresh_from_db()
        assert (late.priority, late.raised) == (Priority.P2, 1)

    @pytest.mark.parametrize("year", [1, 1999, 2100, 9999])
    def test_due_time_of_another_century_is_refused(
        self, late: Task, mona: User, year: int
    ) -> None:
        with pytest.raises(InvalidInput, match="from 2000-01-01 to 2099-12-31") as refusal:
            edits.set_due(late.pk, datetime(year, 6, 1, tzinfo=UTC), by=mona, reason="never")
        assert refusal.value.field == "due_at"
        assert not late.history.filter(kind="due set").exists()

    def test_same_due_time_leaves_no_row(self, late: Task, mona: User) -> None:
        edits.set_due(late.pk, late.due_at, by=mona, reason="same")
        assert not late.history.filter(kind="due set").exists()


EDITS: list[Callable[..., Any]] = [
    lambda task, queue, **how: edits.move(task.pk, queue.pk, **how),
    lambda task, queue, **how: edits.set_priority(task.pk, 1, **how),
    lambda task, queue, **how: edits.set_due(task.pk, timezone.now(), **how),
]


@pytest.mark.parametrize("edit", EDITS, ids=["move", "priority", "due"])
class TestRefusals:
    def test_only_a_manager_may(
        self, edit: Any, held: Task, anna: User, otto: User, labels: Queue
    ) -> None:
        for other in (anna, otto):
            with pytest.raises(NotAllowed):
                edit(held, labels, by=other, reason="mine")

    def test_needs_a_reason(self, edit: Any, held: Task, mona: User, labels: Queue) -> None:
        with pytest.raises(InvalidInput, match="reason"):
            edit(held, labels, by=mona, reason=" ")

    def test_finished_task_is_refused(
        self, edit: Any, held: Task, anna: User, mona: User, labels: Queue
    ) -> None:
        lifecycle.complete(held.pk, by=anna)
        with pytest.raises(InvalidTransition, match="is completed"):
            edit(held, labels, by=mona, reason="too late")

    def test_unknown_task_is_not_found(
        self, edit: Any, held: Task, mona: User, labels: Queue
    ) -> None:
        with pytest.raises(NotFound):
            edit(Task(pk=held.pk + 1), labels, by=mona, reason="lost")
