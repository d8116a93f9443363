"""What merges, the sweep's steps and the floor read does not grow with the tasks that wait."""

import pytest

from qc.admin.floor import reads
from qc.models import HandBack, Queue, Status, Task, User
from qc.work import actions, lost_access, queue_changes
from tests.databases import on_mariadb
from tests.work.test_claim_cost import add_completed, fill, rows_touched

pytestmark = [pytest.mark.django_db, on_mariadb]

MANY = 60_000


@pytest.fixture
def merged(invoices: Queue, labels: Queue, mona: User) -> Queue:
    """Labels, merged into Invoices."""
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    return labels


def test_step_for_merged_queues_reads_none_of_the_other_tasks(
    merged: Queue, invoices: Queue, carla: User
) -> None:
    fill(invoices, MANY)
    add_completed(carla, merged, MANY)
    assert rows_touched(queue_changes.move_leftovers) < 100


def test_batches_of_a_merge_read_a_few_rows_for_each_task_that_they_move(
    invoices: Queue, labels: Queue, mona: User
) -> None:
    fill(labels, MANY)
    add_completed(mona, labels, 10_000)
    how = {"by": mona, "reason": "one pile"}
    touched = rows_touched(lambda: queue_changes.merge(labels.pk, invoices.pk, **how))
    assert Task.objects.filter(queue=invoices).count() == queue_changes.MOST_AT_ONCE
    assert touched < 12 * queue_changes.MOST_AT_ONCE


def test_floor_finds_what_everybody_gave_back_among_many_tasks(
    invoices: Queue, anna: User, add_task: object
) -> None:
    fill(invoices, MANY)
    add_completed(anna, invoices, MANY)
    task = Task.objects.filter(status=Status.PENDING).latest("pk")
    Task.objects.filter(pk=task.pk).update(released_by=anna)
    HandBack.objects.create(task=task, person=anna)
    found: list[Task] = []
    assert rows_touched(lambda: found.extend(reads.given_back_by_all())) < 100
    assert found == [task]


def test_step_for_people_who_may_not_work_reads_no_tasks(invoices: Queue, anna: User) -> None:
    fill(invoices, MANY)
    add_completed(anna, invoices, MANY)
    actions.sign_in(anna.pk)
    assert rows_touched(lost_access.return_barred) < 100
