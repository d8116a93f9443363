"""A scan finds the task of a label: it is started, claimed first, or refused in words."""

from collections.abc import Callable

import pytest

from qc.core.exceptions import InvalidInput, InvalidTransition, NotEligible, NotFound
from qc.models import Queue, Status, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def held(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task that Anna holds and has not started."""
    task = add_task(invoices, reference="INV-1")
    actions.sign_in(anna.pk)
    return task


@pytest.mark.parametrize("label", ["INV-1", " inv-1 ", "Inv-1\r\n"])
def test_own_task_is_started(held: Task, anna: User, label: str) -> None:
    task, returned = actions.scan(label, by=anna)
    assert (task, task.assignee, returned) == (held, anna, [])
    assert task.started_at is not None


def test_waiting_task_is_claimed_and_started(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    actions.sign_in(anna.pk)
    waiting = add_task(invoices, reference="INV-7")
    task, _returned = actions.scan("inv-7", by=anna)
    assert (task, task.assignee, task.status) == (waiting, anna, Status.ASSIGNED)
    assert task.started_at is not None
    assert task.history.filter(kind="claimed").count() == 1


def test_task_without_notes_goes_back_for_the_scanned_one(
    held: Task, anna: User, ben: User, invoices: Queue, add_task: AddTask
) -> None:
    actions.open_task(held.pk, by=anna)
    in_hand = add_task(invoices)
    task, returned = actions.scan(in_hand.reference, by=anna)
    assert (list(Task.objects.held_by(anna)), returned) == ([task], [held])
    row = held.history.get(kind="returned")
    assert row.history_change_reason == f"{in_hand.reference} was scanned instead"
    assert held.hand_backs.count() == 0
    actions.sign_in(ben.pk)
    held.refresh_from_db()
    assert held.assignee == ben


def test_task_with_notes_is_kept_and_the_scan_refused(
    held: Task, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    actions.save_draft(held.pk, "page 2", by=anna)
    with pytest.raises(NotEligible, match=r"You have INV-1\. Complete it or give it back first"):
        actions.scan(add_task(invoices).reference, by=anna)


def test_task_of_somebody_else_is_refused_with_their_name(held: Task, ben: User) -> None:
    actions.sign_in(ben.pk)
    with pytest.raises(InvalidTransition, match="anna already has INV-1"):
        actions.scan("INV-1", by=ben)


def test_completed_task_is_refused_with_who_and_when(held: Task, anna: User, ben: User) -> None:
    actions.complete(held.pk, by=anna)
    with pytest.raises(InvalidTransition, match=r"You completed INV-1 at \d\d:\d\d: passed"):
        actions.scan("INV-1", by=anna)
    with pytest.raises(InvalidTransition, match=r"anna completed INV-1 at \d\d:\d\d: passed"):
        actions.scan("INV-1", by=ben)


def test_task_on_hold_is_refused(held: Task, anna: User, mona: User) -> None:
    actions.hold(held.pk, by=mona, reason="call them")
    with pytest.raises(InvalidTransition, match="INV-1 is on hold"):
        actions.scan("INV-1", by=anna)


def test_unknown_reference_and_nothing_are_refused(anna: User) -> None:
    with pytest.raises(NotFound, match="There is no task XY"):
        actions.scan("XY", by=anna)
    with pytest.raises(InvalidInput, match="Scan or type a reference"):
        actions.scan("  ", by=anna)


def test_task_of_another_queue_is_refused(anna: User, labels: Queue, add_task: AddTask) -> None:
    actions.sign_in(anna.pk)
    with pytest.raises(NotEligible, match="not one of your queues"):
        actions.scan(add_task(labels).reference, by=anna)


class TestScanBeforeStart:
    @pytest.fixture(autouse=True)
    def demanded(self, invoices: Queue) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)

    def test_opening_and_typing_do_not_start_the_task(self, held: Task, anna: User) -> None:
        actions.open_task(held.pk, by=anna)
        task = actions.save_draft(held.pk, "looks fine", by=anna)
        assert (task.started_at, task.draft) == (None, "looks fine")
        assert task.shown_at is not None

    def test_scan_of_another_label_does_not_start_it(self, held: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="Scan the label of INV-1 first"):
            actions.start(held.pk, by=anna, scanned="INV-2")

    def test_cannot_be_completed_before_the_scan(self, held: Task, anna: User) -> None:
        with pytest.raises(InvalidInput, match="Scan the label of INV-1 first"):
            actions.complete(held.pk, by=anna)
        actions.scan("INV-1", by=anna)
        done, _next = actions.complete(held.pk, by=anna)
        assert done.status == Status.COMPLETED
