"""Queues are merged into others, closed and reopened."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qc.audit import invariants
from qc.audit.sentences import plain_sentence
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotFound
from qc.history.names import add_names
from qc.models import AuditEvent, DefectCode, EventKind, Queue, Role, Status, Task, User
from qc.work import actions, assignment, edits, lifecycle, presence, queue_changes, sweep
from qc.work.matching import match
from tests.conftest import person
from tests.threads import at_once

AddTask = Callable[..., Task]


@pytest.fixture(autouse=True)
def sound_afterwards(db: None) -> Iterator[None]:
    yield
    assert list(invariants.broken()) == []


def merge(queue: Queue, into: Queue, by: User, reason: str = "too small") -> Queue:
    merged = queue_changes.merge(queue.pk, into.pk, by=by, reason=reason)
    queue.refresh_from_db()
    into.refresh_from_db()
    return merged


def told(item: Any) -> list[str]:
    """Return the sentences of an object's history."""
    rows = item.history.order_by("history_id")
    for row in rows:
        row.table = item._meta.model_name
    add_names(rows)
    return [plain_sentence(row) for row in rows]


@pytest.mark.django_db
class TestMerge:
    def test_old_queue_closes_and_names_its_successor(
        self, invoices: Queue, labels: Queue, mona: User
    ) -> None:
        assert merge(labels, invoices, mona) == invoices
        assert (labels.is_closed, labels.merged_into, labels.successor) == (
            True,
            invoices,
            invoices,
        )
        assert told(labels)[-1] == "mona merged the queue Labels into Invoices: too small"
        expected = "mona merged another queue into Invoices: Labels: too small"
        assert told(invoices)[-1] == expected

    def test_its_people_get_the_tasks_of_the_other_one(
        self, invoices: Queue, labels: Queue, carla: User, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        presence.sign_in(carla.pk)
        merge(labels, invoices, mona)
        match()
        task.refresh_from_db()
        assert task.assignee == carla
        assert list(carla.queues.all()) == [invoices]

    def test_its_tasks_move_with_one_row_each_and_go_to_whoever_is_free(
        self, invoices: Queue, labels: Queue, anna: User, carla: User, mona: User, add_task: AddTask
    ) -> None:
        done, held, waiting, on_hold = (add_task(labels) for _ in range(4))
        actions.sign_in(carla.pk)
        lifecycle.complete(done.pk, by=carla)
        actions.hand_out_to(carla.pk)
        lifecycle.hold(on_hold.pk, by=mona, reason="wait")
        presence.sign_in(anna.pk)
        merge(labels, invoices, mona)
        for task in (done, held, waiting, on_hold):
            task.refresh_from_db()
        assert (held.queue, held.assignee) == (invoices, carla)
        assert (waiting.queue, waiting.assignee) == (invoices, anna)
        assert (on_hold.queue, on_hold.status) == (invoices, Status.ON_HOLD)
        assert done.queue == labels
        for task in (held, waiting, on_hold):
            row = task.history.get(kind="moved")
            assert (row.history_user, row.history_change_reason) == (mona, "too small")
        assert not done.history.filter(kind="moved").exists()

    def test_tasks_of_a_large_queue_are_moved_by_the_sweep_most_urgent_first(
        self,
        invoices: Queue,
        labels: Queue,
        mona: User,
        add_task: AddTask,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(queue_changes, "BATCH", 2)
        monkeypatch.setattr(queue_changes, "MOST_AT_ONCE", 4)
        tasks = [add_task(labels, priority=n % 4 + 1) for n in range(10)]
        merge(labels, invoices, mona)
        moved = Task.objects.filter(queue=invoices).values_list("priority", flat=True)
        assert sorted(moved) == [1, 1, 1, 2]
        while queue_changes.move_leftovers():
            pass
        assert Task.objects.filter(queue=invoices).count() == len(tasks)
        rows = Task.history.filter(kind="moved", history_user=None)
        assert set(rows.values_list("history_change_reason", flat=True)) == {"too small"}
        assert rows.count() == 6

    def test_task_that_reaches_a_merged_queue_later_follows(
        self, invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(labels)
        lifecycle.cancel(task.pk, by=mona, reason="twice")
        merge(labels, invoices, mona)
        actions.reopen(task.pk, by=mona, reason="not twice")
        assert queue_changes.move_leftovers() == 1
        task.refresh_from_db()
        assert task.queue == invoices

    def test_step_of_the_sweep_takes_two_statements_when_nothing_is_left(
        self, invoices: Queue, labels: Queue, mona: User
    ) -> None:
        merge(labels, invoices, mona)
        with CaptureQueriesContext(connection) as queries:
            assert queue_changes.move_leftovers() == 0
        assert len(queries) == 2

    def test_many_tasks_take_few_statements(
        self, invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        for _ in range(60):
            add_task(labels)
        with CaptureQueriesContext(connection) as queries:
            merge(labels, invoices, mona)
        assert len(queries) < 40

    @pytest.mark.parametrize("reason", ["", " "])
    def test_needs_a_reason(self, invoices: Queue, labels: Queue, mona: User, reason: str) -> None:
        with pytest.raises(InvalidInput, match="reason"):
            merge(labels, invoices, mona, reason)

    def test_only_a_manager_may(self, invoices: Queue, labels: Queue, anna: User) -> None:
        with pytest.raises(NotAllowed):
            merge(labels, invoices, anna)

    def test_into_itself_is_refused(self, invoices: Queue, mona: User) -> None:
        with pytest.raises(InvalidInput, match="into itself"):
            merge(invoices, invoices, mona)

    def test_into_a_closed_queue_is_refused(
        self, invoices: Queue, labels: Queue, mona: User
    ) -> None:
        queue_changes.close(labels.pk, by=mona, reason="empty")
        with pytest.raises(InvalidInput, match=r"Labels is closed\. Choose one of: Invoices"):
            merge(invoices, labels, mona)

    def test_in_a_circle_is_refused(self, invoices: Queue, labels: Queue, mona: User) -> None:
        merge(labels, invoices, mona)
        with pytest.raises(InvalidInput, match="Labels is closed: it was merged into Invoices"):
            merge(invoices, labels, mona)
        with pytest.raises(InvalidTransition, match="it was merged into Invoices"):
            merge(labels, invoices, mona)

    def test_unknown_queue_is_not_found(self, invoices: Queue, mona: User) -> None:
        with pytest.raises(NotFound):
            queue_changes.merge(invoices.pk, invoices.pk + 99, by=mona, reason="gone")

    def test_queue_merged_twice_ends_in_the_last_one(
        self, invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(labels)
        returns = Queue.objects.create(name="Returns")
        merge(labels, invoices, mona)
        merge(invoices, returns, mona)
        task.refresh_from_db()
        labels.refresh_from_db()
        assert (labels.successor, task.queue) == (returns, returns)


@pytest.mark.django_db
class TestClose:
    def test_queue_without_work_closes_and_reopens_with_its_people(
        self, labels: Queue, carla: User, mona: User
    ) -> None:
        queue_changes.close(labels.pk, by=mona, reason="season over")
        labels.refresh_from_db()
        assert labels.is_closed
        assert labels not in Queue.objects.running()
        queue_changes.reopen(labels.pk, by=mona, reason="season begins")
        labels.refresh_from_db()
        assert not labels.is_closed
        assert list(labels.people.all()) == [carla]
        assert told(labels)[-2:] == [
            "mona closed the queue Labels: season over",
            "mona reopened the queue Labels: season begins",
        ]

    def test_is_refused_while_something_is_to_be_done(
        self, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(labels)
        with pytest.raises(InvalidTransition, match=r"one task to be done.*merge the queue"):
            queue_changes.close(labels.pk, by=mona, reason="empty")
        lifecycle.cancel(task.pk, by=mona, reason="twice")
        queue_changes.close(labels.pk, by=mona, reason="empty")

    def test_task_of_a_closed_queue_is_not_reopened(
        self, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(labels)
        lifecycle.cancel(task.pk, by=mona, reason="twice")
        queue_changes.close(labels.pk, by=mona, reason="empty")
        with pytest.raises(InvalidTransition, match=r"Labels is closed\. Reopen the queue first"):
            actions.reopen(task.pk, by=mona, reason="not twice")

    def test_merged_queue_is_not_reopened(self, invoices: Queue, labels: Queue, mona: User) -> None:
        merge(labels, invoices, mona)
        with pytest.raises(InvalidTransition, match="it was merged into Invoices"):
            queue_changes.reopen(labels.pk, by=mona, reason="back")

    def test_closing_twice_is_refused(self, labels: Queue, invoices: Queue, mona: User) -> None:
        queue_changes.close(labels.pk, by=mona, reason="empty")
        with pytest.raises(InvalidTransition, match="Labels is closed"):
            queue_changes.close(labels.pk, by=mona, reason="empty")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def crowd(self, invoices: Queue, labels: Queue) -> list[User]:
        """Six people who are there and free, on Labels only."""
        people = [person(f"qc{n}", Role.QC_STAFF) for n in range(6)]
        labels.people.add(*people)
        for one in people:
            presence.sign_in(one.pk)
        return people

    def test_merge_while_tasks_are_handed_out_loses_none(
        self, crowd: list[User], invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        tasks = [add_task(labels) for _ in range(30)]
        done = at_once(
            lambda: queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile"),
            *(lambda one=one: assignment.hand_out(one.pk) for one in crowd),
            match,
        )
        assert done[0] == invoices
        sweep.sweep()
        queue_changes.move_leftovers()
        assert Task.objects.filter(queue=invoices).count() == len(tasks)
        assert Task.objects.held().count() == len(crowd)
        assert Task.history.filter(kind="moved").count() == len(tasks)

    def test_move_to_a_queue_that_is_closed_at_the_same_time_leaves_nothing_in_it(
        self, crowd: list[User], invoices: Queue, labels: Queue, mona: User, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        at_once(
            lambda: queue_changes.close(labels.pk, by=mona, reason="empty"),
            lambda: edits.move(task.pk, labels.pk, by=mona, reason="wrong pile"),
        )
        task.refresh_from_db()
        labels.refresh_from_db()
        assert labels.is_closed == (task.queue == invoices)

    def test_two_merges_in_a_circle_leave_one_queue_open(
        self, crowd: list[User], invoices: Queue, labels: Queue, mona: User
    ) -> None:
        at_once(
            lambda: queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile"),
            lambda: queue_changes.merge(invoices.pk, labels.pk, by=mona, reason="one pile"),
        )
        assert Queue.objects.open().count() == 1


def test_codes_of_a_merged_queue_can_be_chosen_in_the_other_one(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    code = DefectCode.objects.create(code="SCR", name="Scratch")
    code.queues.add(invoices)
    queue_changes.merge(invoices.pk, labels.pk, by=mona, reason="one pile")
    assert set(code.queues.all()) == {invoices, labels}
    event = AuditEvent.objects.get(kind=EventKind.CODE_CHANGED)
    assert event.details["after"] == {"queues": ["Invoices", "Labels"]}


def test_queue_that_codes_or_reworks_need_is_kept(invoices: Queue, labels: Queue) -> None:
    assert not queue_changes.is_kept(labels)
    invoices.rework_queue = labels
    invoices.save()
    assert queue_changes.is_kept(labels)
    assert "Labels gets the reworks of others" in queue_changes.why_kept(labels)
    DefectCode.objects.create(code="SCR", name="Scratch").queues.add(invoices)
    assert queue_changes.is_kept(invoices)
    assert "Invoices has defect codes" in queue_changes.why_kept(invoices)
