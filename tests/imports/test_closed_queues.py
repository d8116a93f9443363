"""Files that name a queue which was merged or closed, and tasks whose priority was raised."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from qc.imports import undo
from qc.models import Priority, Queue, Task, User
from qc.work import queue_changes, sweep
from tests.imports.files import HEAD, faults, import_file

pytestmark = pytest.mark.django_db


def test_row_that_names_a_merged_queue_goes_to_its_successor(
    invoices: Queue, labels: Queue, mona: User
) -> None:
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    record = import_file(HEAD + "A-1,Check,labels\nA-2,Check,Invoices\n", by=mona)
    assert (record.new, faults(record)) == (2, [])
    assert set(Task.objects.values_list("queue__name", flat=True)) == {"Invoices"}
    again = import_file(HEAD + "A-1,Check,Labels\n", by=mona)
    assert (again.changed, again.unchanged) == (0, 1)


def test_of_names_that_differ_in_blanks_only_the_exact_one_is_taken(
    invoices: Queue, mona: User
) -> None:
    names = ("La bels", "La  bels", "La   bels")
    for name in names:
        Queue.objects.create(name=name)
    rows = "".join(f"A-{n},Check,{name}\n" for n, name in enumerate(names))
    record = import_file(HEAD + rows, by=mona)
    assert (record.new, faults(record)) == (3, [])
    assert tuple(Task.objects.order_by("pk").values_list("queue__name", flat=True)) == names


def test_row_that_names_a_closed_queue_is_refused(
    invoices: Queue, labels: Queue, mona: User
) -> None:
    queue_changes.close(labels.pk, by=mona, reason="season over")
    record = import_file(HEAD + "A-1,Check,Labels\n", by=mona)
    (fault,) = faults(record)
    assert fault.message == "The queue Labels is closed."
    unknown = import_file(HEAD + "A-1,Check,Lables\n", by=mona)
    (fault,) = faults(unknown)
    assert fault.message == "There is no such queue."


def test_changed_priority_is_an_original_one_and_an_undo_brings_the_raise_back(
    invoices: Queue, mona: User, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    past = timezone.now() - timedelta(hours=1)
    Task.objects.filter(pk=task.pk).update(due_at=past, raise_at=past)
    sweep.raise_overdue()
    head = HEAD.replace("queue", "queue,priority")
    row = f"{task.reference},{task.name},Invoices,P1\n"
    record = import_file(head + row, by=mona)
    task.refresh_from_db()
    assert (record.changed, task.priority, task.raised) == (1, Priority.P1, 0)
    undo.begin(record, by=mona)
    undo.undo(record)
    task.refresh_from_db()
    assert (task.priority, task.raised) == (Priority.P2, 1)


def test_later_due_date_gives_the_original_priority_back(
    invoices: Queue, mona: User, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    past = timezone.now() - timedelta(hours=1)
    Task.objects.filter(pk=task.pk).update(due_at=past, raise_at=past)
    sweep.raise_overdue()
    row = f"{task.reference},{task.name},Invoices,2099-01-01\n"
    import_file(HEAD.replace("queue", "queue,due_at") + row, by=mona)
    task.refresh_from_db()
    assert (task.priority, task.raised) == (Priority.P3, 0)
