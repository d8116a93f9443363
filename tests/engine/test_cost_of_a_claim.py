"""A claim touches the same few rows however long the backlog is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from qc import assignment, desk, lifecycle, presence
from qc.models import Queue, Status, Task, User
from tests.databases import on_mariadb

pytestmark = pytest.mark.django_db


def fill(queue: Queue, n: int, **columns: Any) -> None:
    """Adds n waiting tasks, quickly."""
    now = timezone.now()
    start = Task.objects.count()
    Task.objects.bulk_create(
        (
            Task(
                reference=f"F-{start + i}",
                name="Check it",
                queue=queue,
                due_at=now + timedelta(seconds=i),
                **columns,
            )
            for i in range(n)
        ),
        batch_size=2000,
    )


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _name, value in cursor.fetchall())


def rows_touched(act: Callable[[], object]) -> int:
    """Gives how many rows MariaDB read while `act` ran."""
    counting = -rows_read() + rows_read()
    before = rows_read()
    act()
    return rows_read() - before - counting


@on_mariadb
class TestRowsTouched:
    @pytest.fixture
    def three_queues(self, anna: User) -> list[Queue]:
        """Three queues of Anna's among twenty."""
        queues = [Queue.objects.create(name=f"Queue {n}") for n in range(20)]
        for queue in queues[:3]:
            queue.people.add(anna)
        presence.sign_in(anna.pk)
        return queues

    def claim(self, anna: User) -> int:
        """Gives the rows touched by one hand-out, and frees her again."""
        given: list[Task] = []
        touched = rows_touched(lambda: given.extend(assignment.hand_out(anna.pk)))
        assert len(given) == 1
        lifecycle.complete(given[0].pk, by=anna)
        return touched

    def test_at_1_000_and_at_100_000_pending(self, anna: User, three_queues: list[Queue]) -> None:
        for queue in three_queues[:3]:
            fill(queue, 333)
        few = self.claim(anna)
        fill(three_queues[0], 66_000)
        fill(three_queues[1], 33_000)
        many = self.claim(anna)
        assert few < 200
        assert many <= few

    def test_with_a_head_full_of_queues_that_they_do_not_serve(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        fill(three_queues[0], 10)
        alone = self.claim(anna)
        for queue in three_queues[3:]:
            fill(queue, 300, priority=1)
        assert self.claim(anna) <= alone

    def test_with_a_history_of_completed_tasks(self, anna: User, three_queues: list[Queue]) -> None:
        fill(three_queues[0], 10)
        fresh = self.claim(anna)
        now = timezone.now()
        fill(
            three_queues[0],
            10_000,
            status=Status.COMPLETED,
            assignee=anna,
            assigned_at=now,
            started_at=now,
            completed_at=now,
            outcome="passed",
        )
        assert self.claim(anna) <= fresh

    def test_completing_and_getting_the_next(self, anna: User, three_queues: list[Queue]) -> None:
        fill(three_queues[0], 20_000)
        (task,) = assignment.hand_out(anna.pk)
        touched = rows_touched(lambda: desk.complete(task.pk, by=anna))
        assert touched < 200


@pytest.mark.parametrize("queues", [1, 12])
def test_a_hand_out_takes_the_same_queries_for_one_queue_and_for_twelve(
    queues: int,
    anna: User,
    invoices: Queue,
    django_assert_num_queries: Any,
) -> None:
    for n in range(queues - 1):
        Queue.objects.create(name=f"Queue {n}").people.add(anna)
    fill(invoices, 3)
    presence.sign_in(anna.pk)
    with django_assert_num_queries(6):
        assert len(assignment.hand_out(anna.pk)) == 1
