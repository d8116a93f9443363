"""What the database itself refuses: constraints of tasks, people and queues."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from qc.models import Queue, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def assert_refused(change: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


def assigned(person: User, slot: int | None = 1) -> dict[str, Any]:
    return {
        "status": "assigned",
        "assignee": person,
        "slot": slot,
        "assigned_at": timezone.now(),
    }


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    return [add_task(invoices), add_task(invoices)]


def test_two_tasks_in_one_slot_are_refused(two: list[Task], anna: User) -> None:
    Task.objects.filter(pk=two[0].pk).update(**assigned(anna))
    assert_refused(lambda: Task.objects.filter(pk=two[1].pk).update(**assigned(anna)))
    Task.objects.filter(pk=two[1].pk).update(**assigned(anna, slot=2))


def test_slot_outside_any_capacity_is_refused(two: list[Task], anna: User) -> None:
    for slot in (0, 21, None):
        assert_refused(
            lambda slot=slot: Task.objects.filter(pk=two[0].pk).update(**assigned(anna, slot))
        )


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "assigned"},
        {"status": "completed"},
        {"status": "lost"},
        {"slot": 1},
        {"assigned_at": timezone.now()},
        {"outcome": "passed"},
        {"priority": 0},
        {"priority": 5},
        {"reference": ""},
    ],
    ids=str,
)
def test_columns_of_another_status_are_refused(two: list[Task], columns: dict[str, Any]) -> None:
    assert_refused(lambda: Task.objects.filter(pk=two[0].pk).update(**columns))


def test_completed_task_without_outcome_moment_or_person_is_refused(
    two: list[Task], anna: User
) -> None:
    actions.sign_in(anna.pk)
    actions.complete(two[0].pk, by=anna)
    for column, nothing in (("outcome", ""), ("completed_at", None), ("assignee", None)):
        change = {column: nothing}
        assert_refused(lambda change=change: Task.objects.filter(pk=two[0].pk).update(**change))


def test_capacity_outside_1_to_20_is_refused(anna: User) -> None:
    for capacity in (0, 21):
        assert_refused(lambda n=capacity: User.objects.filter(pk=anna.pk).update(capacity=n))


def test_break_of_a_signed_out_person_is_refused(anna: User) -> None:
    assert_refused(lambda: User.objects.filter(pk=anna.pk).update(break_reason="lunch"))


def test_deleting_a_person_or_queue_with_tasks_is_refused(
    two: list[Task], anna: User, invoices: Queue
) -> None:
    actions.sign_in(anna.pk)
    for item in (anna, invoices):
        with pytest.raises(ProtectedError):
            item.delete()


class TestReferences:
    def test_references_are_equal_whatever_their_case(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices, reference=" inv-17a ")
        assert task.reference == "INV-17A"
        assert task.history.get().reference == "INV-17A"
        assert Task.objects.get(reference="inv-17A") == task
        assert Task.objects.filter(reference__in=["Inv-17a"]).exists()
        assert_refused(lambda: add_task(invoices, reference="Inv-17A"))

    def test_references_differ_by_umlauts_and_accents(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        for reference in ("PRÜF-1", "PRUF-1", "é", "e", "ß-1"):
            add_task(invoices, reference=reference)
        assert Task.objects.get(reference="prüf-1").reference == "PRÜF-1"
        assert_refused(lambda: add_task(invoices, reference="É"))
