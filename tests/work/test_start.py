"""A task starts by what people do with it: they open it, type, scan, or are sent it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, StaleDraft
from qc.models import Queue, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def earlier(task: Task, **units: int) -> None:
    Task.objects.filter(pk=task.pk).update(assigned_at=timezone.now() - timedelta(**units))


class TestOpening:
    def test_counts_from_when_the_task_was_opened(self, held: Task, anna: User) -> None:
        earlier(held, minutes=5)
        task = actions.open_task(held.pk, by=anna)
        assert task.started_at is not None
        passed = timezone.now() - task.started_at
        assert timedelta(seconds=3) <= passed < timedelta(seconds=5)
        assert task.shown_at == task.started_at

    def test_never_counts_from_before_the_assignment(self, held: Task, anna: User) -> None:
        task = actions.open_task(held.pk, by=anna)
        assert task.started_at == task.assigned_at

    def test_repeated_starts_once(self, held: Task, anna: User) -> None:
        for _again in range(3):
            actions.open_task(held.pk, by=anna)
        assert held.history.filter(kind="started").count() == 1


class TestDelivery:
    @pytest.fixture
    def three(self, anna: User, invoices: Queue, add_task: AddTask) -> list[Task]:
        """Three tasks that Anna holds."""
        tasks = [add_task(invoices) for _ in range(3)]
        User.objects.filter(pk=anna.pk).update(capacity=3)
        actions.sign_in(anna.pk)
        return tasks

    def test_shows_all_and_starts_the_most_urgent(self, three: list[Task], anna: User) -> None:
        actions.deliver(anna)
        held = list(Task.objects.held_by(anna))
        assert [task.started_at is not None for task in held] == [True, False, False]
        assert all(task.shown_at for task in held)

    def test_starts_no_second_task(self, three: list[Task], anna: User) -> None:
        actions.start(three[2].pk, by=anna)
        actions.deliver(anna)
        assert Task.objects.held().filter(started_at__isnull=False).get() == three[2]

    def test_repeated_only_reads(
        self, three: list[Task], anna: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        actions.deliver(anna)
        with django_assert_num_queries(1):
            actions.deliver(anna)

    def test_completed_out_of_order_counts_from_when_it_was_shown(
        self, three: list[Task], anna: User
    ) -> None:
        actions.deliver(anna)
        shown = Task.objects.get(pk=three[1].pk).shown_at
        done, _next = actions.complete(three[1].pk, by=anna)
        assert done.started_at == shown


class TestDraft:
    def test_typing_starts_the_task(self, held: Task, anna: User) -> None:
        task = actions.save_draft(held.pk, "page 2", by=anna)
        assert (task.draft, task.draft_version) == ("page 2", 1)
        assert task.started_at is not None

    def test_older_draft_never_overwrites_a_newer_one(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "from tab one", by=anna, version=0)
        with pytest.raises(StaleDraft, match="newer notes for QD-0001") as stale:
            actions.save_draft(held.pk, "from tab two", by=anna, version=0)
        assert (stale.value.text, stale.value.version) == ("from tab one", 1)
        task = actions.save_draft(held.pk, "both", by=anna, version=1)
        assert (task.draft, task.draft_version) == ("both", 2)

    def test_same_text_from_an_older_tab_is_no_conflict(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "page 2", by=anna, version=0)
        task = actions.save_draft(held.pk, "page 2", by=anna, version=0)
        assert task.draft_version == 1

    def test_older_notes_do_not_complete_over_a_newer_draft(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "page 2 missing", by=anna, version=0)
        with pytest.raises(StaleDraft):
            actions.complete(held.pk, by=anna, notes="fine", version=0)
        done, _next = actions.complete(held.pk, by=anna, notes="fine", version=1)
        assert done.notes == "fine"


class TestNotesForATaskThatHasGone:
    def test_are_added_for_whoever_works_on_it_next(
        self, held: Task, anna: User, ben: User
    ) -> None:
        actions.release(held.pk, by=anna, reason="no time")
        actions.sign_in(ben.pk)
        actions.save_draft(held.pk, "page 1 fine", by=ben)
        for _again in range(2):
            actions.send_notes(held.pk, "page 2 missing", by=anna)
        held.refresh_from_db()
        first, second = held.draft.split("\n\n")
        assert first == "page 1 fine"
        assert second.startswith("anna, ")
        assert second.endswith(": page 2 missing")
        assert held.draft_version == 2

    def test_are_refused_for_a_finished_task(self, held: Task, anna: User) -> None:
        actions.complete(held.pk, by=anna)
        with pytest.raises(InvalidTransition, match="completed: no notes can be added"):
            actions.send_notes(held.pk, "page 2 missing", by=anna)

    def test_are_refused_from_a_person_who_never_had_it(self, held: Task, ben: User) -> None:
        with pytest.raises(NotAllowed, match="never assigned to you"):
            actions.send_notes(held.pk, "mine too", by=ben)

    def test_are_refused_when_they_become_too_long(self, held: Task, anna: User) -> None:
        actions.save_draft(held.pk, "x" * 9_990, by=anna)
        with pytest.raises(InvalidInput, match="longer than 10000"):
            actions.send_notes(held.pk, "y" * 20, by=anna)


class TestNextTask:
    """The task in the answer to a completion: assigned and started by one change."""

    def test_is_started_as_it_is_assigned(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        first, second = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        _done, following = actions.complete(first.pk, by=anna, is_shown=True)
        second.refresh_from_db()
        assert following == second
        assert second.started_at == second.shown_at == second.assigned_at
        [row] = second.history.filter(history_type="~")
        assert (row.kind, row.started_at) == ("assigned", second.started_at)

    def test_waits_for_its_scan(self, anna: User, invoices: Queue, add_task: AddTask) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        first, second = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        actions.start(first.pk, by=anna, scanned=first.reference)
        actions.complete(first.pk, by=anna, is_shown=True)
        second.refresh_from_db()
        assert (second.started_at, second.shown_at is None) == (None, False)

    def test_is_only_shown_beside_one_that_is_started(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        first, second, third = (add_task(invoices) for _ in range(3))
        actions.sign_in(anna.pk)
        actions.start(second.pk, by=anna)
        actions.complete(first.pk, by=anna, is_shown=True)
        third.refresh_from_db()
        assert (third.started_at, third.shown_at is None) == (None, False)
