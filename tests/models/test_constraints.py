"""What the database itself refuses, whoever writes."""

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


def refuses(change: Callable[[], Any]) -> None:
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


def test_two_tasks_in_one_place_of_a_person(two: list[Task], anna: User) -> None:
    Task.objects.filter(pk=two[0].pk).update(**assigned(anna))
    refuses(lambda: Task.objects.filter(pk=two[1].pk).update(**assigned(anna)))
    Task.objects.filter(pk=two[1].pk).update(**assigned(anna, slot=2))


def test_a_slot_beyond_any_capacity(two: list[Task], anna: User) -> None:
    for slot in (0, 21, None):
        refuses(lambda slot=slot: Task.objects.filter(pk=two[0].pk).update(**assigned(anna, slot)))


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
def test_a_waiting_task_with_somebody_elses_columns(
    two: list[Task], columns: dict[str, Any]
) -> None:
    refuses(lambda: Task.objects.filter(pk=two[0].pk).update(**columns))


def test_a_completed_task_without_outcome_or_person(two: list[Task], anna: User) -> None:
    actions.sign_in(anna.pk)
    actions.complete(two[0].pk, by=anna)
    for column, nothing in (("outcome", ""), ("completed_at", None), ("assignee", None)):
        change = {column: nothing}
        refuses(lambda change=change: Task.objects.filter(pk=two[0].pk).update(**change))


def test_a_capacity_of_none_or_too_many(anna: User) -> None:
    for capacity in (0, 21):
        refuses(lambda n=capacity: User.objects.filter(pk=anna.pk).update(capacity=n))


def test_a_break_of_somebody_who_is_not_there(anna: User) -> None:
    refuses(lambda: User.objects.filter(pk=anna.pk).update(break_reason="lunch"))


def test_a_person_or_queue_with_tasks_is_not_deleted(
    two: list[Task], anna: User, invoices: Queue
) -> None:
    actions.sign_in(anna.pk)
    for item in (anna, invoices):
        with pytest.raises(ProtectedError):
            item.delete()


class TestReferences:
    def test_they_mean_the_same_whatever_their_case(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices, reference=" inv-17a ")
        assert task.reference == "INV-17A"
        assert task.history.get().reference == "INV-17A"
        assert Task.objects.get(reference="inv-17A") == task
        assert Task.objects.filter(reference__in=["Inv-17a"]).exists()
        refuses(lambda: add_task(invoices, reference="Inv-17A"))

    def test_umlauts_and_accents_make_a_difference(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        for reference in ("PRÜF-1", "PRUF-1", "é", "e", "ß-1"):
            add_task(invoices, reference=reference)
        assert Task.objects.get(reference="prüf-1").reference == "PRÜF-1"
        refuses(lambda: add_task(invoices, reference="É"))
