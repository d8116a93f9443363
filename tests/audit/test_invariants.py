"""check_invariants names each kind of damage, and nothing where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from qc.audit import invariants
from qc.models import Queue, Status, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def task(anna: User, ben: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task in Anna's hands after a whole day's work of hers and Ben's."""
    first, second, third = (add_task(invoices) for _ in range(3))
    actions.sign_in(anna.pk)
    actions.sign_in(ben.pk)
    actions.complete(first.pk, by=anna)
    actions.release(second.pk, by=ben, reason="too dark")
    return Task.objects.get(pk=third.pk)


def test_undamaged_day_has_no_violations(task: Task) -> None:
    out = StringIO()
    call_command("check_invariants", stdout=out)
    assert "All invariants hold" in out.getvalue()


def test_command_names_what_is_broken_and_fails(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(name="changed behind our back")
    out = StringIO()
    with pytest.raises(CommandError, match="1 broken"):
        call_command("check_invariants", stdout=out)
    assert f"{task.reference} differs from its last history row in name" in out.getvalue()


@contextmanager
def unchecked() -> Iterator[None]:
    """Let damage in that the database's own checks would refuse."""
    off, on = {
        "sqlite": ("PRAGMA ignore_check_constraints=1", "PRAGMA ignore_check_constraints=0"),
        "mysql": ("SET check_constraint_checks=0", "SET check_constraint_checks=1"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        yield
        cursor.execute(on)


def broken_text() -> str:
    return " | ".join(invariants.broken())


def test_more_tasks_than_capacity_are_named(
    task: Task, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    anna.capacity = 2
    anna.is_logged_in = True
    anna.save(update_fields=["capacity", "is_logged_in"])
    add_task(invoices)
    actions.hand_out_from([invoices.pk])
    User.objects.filter(pk=anna.pk).update(capacity=1)
    assert "anna has 2 tasks, more than their capacity 1" in broken_text()


def test_task_of_a_signed_out_person_is_named(task: Task, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_logged_in=False)
    assert f"{task.reference} is assigned to anna, who is not signed in" in broken_text()


def test_missing_history_is_named(task: Task) -> None:
    task.history.all().delete()
    assert f"{task.reference} has no history" in broken_text()


def test_second_creation_is_named(task: Task) -> None:
    row = task.history.last()
    row.pk = None
    row.save()
    assert f"{task.reference} was not created exactly once" in broken_text()


def test_two_rows_for_one_change_are_named(task: Task) -> None:
    row = task.history.first()
    row.pk = None
    row.save()
    assert f"{task.reference} has two history rows for one change" in broken_text()


def test_impossible_status_change_is_named(task: Task) -> None:
    row: Any = task.history.first()
    row.status = Status.CANCELLED
    row.save()
    complaint = broken_text()
    assert f"{task.reference} differs from its last history row in status" in complaint
    assert f"{task.reference} went from pending to cancelled" not in complaint  # that one is legal
    row.status = Status.COMPLETED
    row.save()
    assert (
        f"{task.reference} went from pending to completed, which no transition does"
        in broken_text()
    )


def test_status_that_contradicts_its_columns_is_named(task: Task) -> None:
    with unchecked():
        Task.objects.filter(pk=task.pk).update(slot=None)
    assert (
        f"{task.reference} is assigned, but its other columns say something else" in broken_text()
    )
