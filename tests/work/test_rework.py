"""Reworks of what failed, the reinspections after them, and the chain that they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc import history
from qc.audit import invariants
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotEligible, QCError
from qc.models import Outcome, Purpose, Queue, Reinspector, Status, Task, User
from qc.work import actions, explanations, rework
from tests.conftest import person

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def bench(db: None) -> Queue:
    """The queue where things are mended."""
    return Queue.objects.create(name="Bench", target=timedelta(hours=2))


@pytest.fixture
def wim(bench: Queue) -> User:
    """Wim mends things at the bench."""
    user = person("wim", "QC staff")
    bench.people.add(user)
    return user


@pytest.fixture
def lot(anna: User, invoices: Queue, bench: Queue, add_task: AddTask) -> Task:
    """A lot of 50 that Anna checked, and that failed; such are mended at the bench."""
    change(invoices, rework_queue=bench)
    task = add_task(invoices, reference="LOT-1", lot_size=50, priority=2, details={"part": "A"})
    return completed(task, anna, Outcome.FAILED, notes="scratched")


def change(item: Any, **columns: Any) -> None:
    item.refresh_from_db()
    for name, value in columns.items():
        setattr(item, name, value)
    history.save(item, kind="", by=None, fields=columns)


@contextmanager
def refused(kind: type[QCError], words: str = "") -> Iterator[None]:
    """Expect a refusal, which takes everything back as its transaction does."""
    with pytest.raises(kind, match=words), transaction.atomic():
        yield


def completed(task: Task, by: User, outcome: str = Outcome.PASSED, notes: str = "") -> Task:
    """Let somebody who has signed in do a task, which they have or may claim."""
    actions.sign_in(by.pk)
    task.refresh_from_db()
    if task.assignee != by:
        actions.claim(task.pk, by=by)
    actions.complete(task.pk, by=by, outcome=outcome, notes=notes)
    task.refresh_from_db()
    return task


def follower(task: Task, purpose: str = Purpose.REINSPECTION) -> Task:
    return task.followers.exclude(status=Status.CANCELLED).get(purpose=purpose)


def test_manager_has_a_failed_lot_reworked_where_its_queue_says(
    lot: Task, mona: User, bench: Queue
) -> None:
    made = rework.make(lot.pk, by=mona, instructions="Polish it.")
    assert (made.reference, made.purpose, made.origin) == ("LOT-1/R1", Purpose.REWORK, lot)
    assert (made.queue, made.instructions, made.lot_size) == (bench, "Polish it.", 50)
    assert (made.name, made.priority, made.details) == (lot.name, 2, {"part": "A"})
    assert made.due_at == made.created_at + bench.target
    row = made.history.get()
    assert (row.history_user, row.history_change_reason) == (mona, "rework of LOT-1")
    assert list(invariants.broken()) == []


def test_rework_goes_to_a_person_who_is_free_by_a_time(lot: Task, mona: User, wim: User) -> None:
    actions.sign_in(wim.pk)
    tomorrow = timezone.now() + timedelta(days=1)
    made = rework.make(lot.pk, by=mona, person_id=wim.pk, due_at=tomorrow)
    assert (made.assignee, made.status, made.due_at) == (wim, Status.ASSIGNED, tomorrow)


def test_nothing_is_made_for_a_person_who_is_not_free(lot: Task, mona: User, wim: User) -> None:
    with refused(NotEligible, "wim is not signed in"):
        rework.make(lot.pk, by=mona, person_id=wim.pk)
    assert not lot.followers.exists()


def test_rework_without_instructions_says_what_failed(lot: Task, mona: User) -> None:
    found = {"code": "SCR", "severity": 2, "quantity": 3, "note": "on the lid", "item": ""}
    change(lot, findings={"defects": [found]})
    made = rework.make(lot.pk, by=mona)
    assert made.instructions == "3 × SCR: on the lid\nscratched"


def test_rework_of_what_passed_in_part_has_the_rejected_ones(lot: Task, mona: User) -> None:
    change(lot, outcome=Outcome.PARTIAL, inspected=50, rejected=4)
    assert rework.make(lot.pk, by=mona).lot_size == 4


def test_second_press_makes_no_second_rework(lot: Task, mona: User) -> None:
    first, second = (rework.make(lot.pk, by=mona, instructions="Polish it.") for _ in "12")
    assert first == second
    assert first.history.count() == 1


def test_other_manager_is_told_of_the_rework_that_there_is(
    lot: Task, mona: User, add_task: AddTask
) -> None:
    rework.make(lot.pk, by=mona)
    max_ = person("max", "Managers")
    with refused(InvalidTransition, "LOT-1/R1, made by mona"):
        rework.make(lot.pk, by=max_)


def test_cancelled_rework_can_be_made_anew(lot: Task, mona: User) -> None:
    first = rework.make(lot.pk, by=mona)
    actions.cancel(first.pk, by=mona, reason="Scrapped.")
    assert rework.make(lot.pk, by=mona).reference == "LOT-1/R2"


def test_what_passed_is_not_reworked(lot: Task, mona: User) -> None:
    change(lot, outcome=Outcome.PASSED)
    with refused(InvalidTransition, "LOT-1 is no failed check"):
        rework.make(lot.pk, by=mona)


def test_long_reference_keeps_its_beginning(lot: Task, mona: User) -> None:
    change(lot, reference="L" * 64)
    assert rework.make(lot.pk, by=mona).reference == "L" * 56 + "/R1"


def test_closed_queue_gets_no_rework(lot: Task, mona: User, labels: Queue) -> None:
    change(labels, is_closed=True)
    with refused(InvalidInput, "There is no such queue"):
        rework.make(lot.pk, by=mona, queue_id=labels.pk)


class TestWhoMayHaveItReworked:
    def test_checker_where_the_queue_says_where_to(self, lot: Task, anna: User) -> None:
        assert rework.may_make(lot, anna)
        assert rework.make(lot.pk, by=anna).created_by == anna
        assert not rework.may_make(lot, anna)

    def test_checker_does_not_choose_the_queue(self, lot: Task, anna: User, labels: Queue) -> None:
        with refused(NotAllowed):
            rework.make(lot.pk, by=anna, queue_id=labels.pk)

    def test_checker_of_another_queue_asks_a_manager(
        self, lot: Task, invoices: Queue, anna: User
    ) -> None:
        change(invoices, rework_queue=None)
        lot.refresh_from_db()
        assert not rework.may_make(lot, anna)
        with refused(NotAllowed, "Only a manager"):
            rework.make(lot.pk, by=anna)

    def test_nobody_else(self, lot: Task, ben: User) -> None:
        with refused(NotAllowed, "Only a manager"):
            rework.make(lot.pk, by=ben)


@pytest.fixture
def mended(lot: Task, wim: User, mona: User) -> Task:
    """The rework of the lot, which Wim has."""
    made = rework.make(lot.pk, by=mona, instructions="Polish it.")
    actions.sign_in(wim.pk)
    made.refresh_from_db()
    assert made.assignee == wim
    return made


class TestReinspection:
    def test_follows_in_the_queue_of_the_first_check(
        self, lot: Task, mended: Task, wim: User, invoices: Queue
    ) -> None:
        change(lot, instructions="Look at the lid.")
        completed(mended, wim)
        again = follower(mended)
        assert (again.reference, again.purpose) == ("LOT-1/I1", Purpose.REINSPECTION)
        assert (again.queue, again.origin) == (invoices, mended)
        assert (again.instructions, again.lot_size) == ("Look at the lid.", 50)
        row = again.history.first()
        assert (row.history_user, row.history_change_reason) == (
            wim,
            "reinspection after LOT-1/R1",
        )
        assert list(invariants.broken()) == []

    def test_does_not_follow_a_rework_that_failed(self, mended: Task, wim: User) -> None:
        completed(mended, wim, Outcome.FAILED, notes="broke")
        assert not mended.followers.exists()

    def test_has_those_that_were_mended(self, mended: Task, wim: User) -> None:
        completed(mended, wim)
        rework.take_back(mended, by=wim)
        change(mended, outcome=Outcome.PARTIAL, inspected=50, rejected=2)
        mended.followers.all().update(status=Status.CANCELLED)
        rework.reinspect(mended, by=wim)
        assert follower(mended).lot_size == 48

    def test_is_made_once_however_often_the_rework_is_completed(
        self, mended: Task, wim: User
    ) -> None:
        completed(mended, wim)
        actions.complete(mended.pk, by=wim)
        assert mended.followers.count() == 1

    def test_goes_at_once_to_who_checked_it_first(
        self, invoices: Queue, mended: Task, wim: User, anna: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.SAME)
        completed(mended, wim)
        again = follower(mended)
        assert (again.assignee, again.status) == (anna, Status.ASSIGNED)
        assert list(invariants.broken()) == []

    def test_waits_when_who_checked_it_first_is_away(
        self, invoices: Queue, mended: Task, wim: User, anna: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.SAME)
        actions.sign_out(anna.pk, by=anna, reason="signed out")
        completed(mended, wim)
        assert follower(mended).status == Status.PENDING

    def test_does_not_come_by_itself_to_who_checked_it_first(
        self, invoices: Queue, mended: Task, wim: User, anna: User, ben: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.OTHER)
        completed(mended, wim)
        actions.hand_out_to(anna.pk)
        assert follower(mended).status == Status.PENDING
        actions.sign_in(ben.pk)
        assert follower(mended).assignee == ben

    def test_does_not_come_by_itself_to_who_reworked_it_either(
        self, invoices: Queue, mended: Task, wim: User, ben: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.OTHER)
        invoices.people.add(wim)
        completed(mended, wim)
        actions.hand_out_to(wim.pk)
        again = follower(mended)
        assert again.status == Status.PENDING
        assert "had it in hand before" in explanations.of_task(again)
        actions.sign_in(ben.pk)
        assert follower(mended).assignee == ben

    def test_may_come_to_who_reworked_it_where_anybody_may(
        self, invoices: Queue, mended: Task, wim: User, anna: User
    ) -> None:
        actions.sign_out(anna.pk, by=anna, reason="signed out")
        invoices.people.add(wim)
        completed(mended, wim)
        actions.hand_out_to(wim.pk)
        assert follower(mended).assignee == wim

    def test_waits_where_it_was_mended_when_the_first_queue_is_closed(
        self, invoices: Queue, mended: Task, wim: User, bench: Queue
    ) -> None:
        change(invoices, is_closed=True)
        completed(mended, wim)
        assert follower(mended).queue == bench

    def test_that_fails_may_be_reworked_again(
        self, lot: Task, mended: Task, wim: User, anna: User, mona: User
    ) -> None:
        completed(mended, wim)
        again = completed(follower(mended), anna, Outcome.FAILED, notes="still")
        second = rework.make(again.pk, by=mona)
        assert (second.reference, second.origin) == ("LOT-1/R2", again)
        assert [one.reference for one in rework.chain(mended)] == [
            "LOT-1",
            "LOT-1/R1",
            "LOT-1/I1",
            "LOT-1/R2",
        ]


class TestUndo:
    def test_of_a_rework_takes_the_reinspection_back(self, mended: Task, wim: User) -> None:
        completed(mended, wim)
        again = follower(mended)
        actions.undo(mended.pk, by=wim)
        again.refresh_from_db()
        assert again.status == Status.CANCELLED
        row = again.history.first()
        assert (row.kind, row.history_user) == ("cancelled", wim)
        actions.complete(mended.pk, by=wim)
        assert follower(mended).reference == "LOT-1/I2"
        assert list(invariants.broken()) == []

    def test_takes_one_back_that_nobody_has_begun(
        self, invoices: Queue, mended: Task, wim: User, anna: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.SAME)
        completed(mended, wim)
        again = follower(mended)
        actions.undo(mended.pk, by=wim)
        again.refresh_from_db()
        assert (again.status, again.assignee) == (Status.CANCELLED, None)

    def test_is_refused_when_somebody_has_begun_it(
        self, invoices: Queue, mended: Task, wim: User, anna: User
    ) -> None:
        change(invoices, reinspected_by=Reinspector.SAME)
        completed(mended, wim)
        actions.start(follower(mended).pk, by=anna)
        with refused(InvalidTransition, "LOT-1/I1 follows from LOT-1/R1"):
            actions.undo(mended.pk, by=wim)
        mended.refresh_from_db()
        assert mended.status == Status.COMPLETED

    def test_of_a_failed_check_cancels_the_rework(self, lot: Task, anna: User) -> None:
        made = rework.make(lot.pk, by=anna)
        actions.undo(lot.pk, by=anna)
        made.refresh_from_db()
        assert made.status == Status.CANCELLED


class TestLaterChanges:
    def test_reopening_a_rework_takes_the_reinspection_back(
        self, mended: Task, wim: User, mona: User
    ) -> None:
        completed(mended, wim)
        again = follower(mended)
        actions.reopen(mended.pk, by=mona, reason="Not yet.")
        again.refresh_from_db()
        assert again.status == Status.CANCELLED

    def test_correction_to_failed_takes_it_back_and_one_to_passed_makes_it(
        self, mended: Task, wim: User
    ) -> None:
        completed(mended, wim)
        how: Any = {"by": wim, "notes": "hm", "reason": "mixed up"}
        actions.correct(mended.pk, outcome=Outcome.FAILED, **how)
        assert not mended.followers.exclude(status=Status.CANCELLED).exists()
        actions.correct(mended.pk, outcome=Outcome.PASSED, **how)
        assert follower(mended).reference == "LOT-1/I2"


def test_chain_is_read_in_two_statements(lot: Task, mended: Task, wim: User) -> None:
    completed(mended, wim)
    with CaptureQueriesContext(connection) as queries:
        tasks = rework.chain(follower(mended))
        assert [str(one.assignee) for one in tasks] == ["anna", "wim", "None"]
    assert len(queries) == 3  # with the reading of the follower
    alone = Task.objects.create(reference="X", name="x", queue=lot.queue, due_at=timezone.now())
    assert rework.chain(alone) == []
