"""A claim reads the same few rows however many tasks wait."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from qc.models import HandBack, Queue, Status, Task, User
from qc.work import actions, assignment, lifecycle, matching, presence
from tests.conftest import person
from tests.databases import on_mariadb

pytestmark = pytest.mark.django_db
# The columns that differ from task to task.
OWN = ("id", "reference", "due_at")


def fill(queue: Queue, n: int, **columns: Any) -> None:
    """Add n waiting tasks, due one after the other."""
    start, now = Task.objects.count(), timezone.now()
    first = Task(reference=f"F-{start}", name="Check it", queue=queue, due_at=now, **columns)
    Task.objects.bulk_create([first])
    if n > 1 and connection.vendor == "mysql":
        copy(first.reference, start, n - 1)
    else:
        for i in range(1, n):
            first.pk, first.reference = None, f"F-{start + i}"
            first.due_at = now + timedelta(seconds=i)
            Task.objects.bulk_create([first])


def copy(reference: str, start: int, n: int) -> None:
    """Let MariaDB copy a task n times, which takes a tenth of sending them."""
    names = ", ".join(field.column for field in Task._meta.concrete_fields if field.name not in OWN)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO qc_task (reference, due_at, {names})"
            f" SELECT CONCAT('F-', %s + seq), due_at + INTERVAL seq SECOND, {names}"
            f" FROM qc_task JOIN seq_1_to_{n} WHERE reference = %s",
            [start, reference],
        )


def add_completed(person: User, queue: Queue, n: int) -> None:
    """Add n tasks that this person has completed."""
    now = timezone.now()
    moments = dict.fromkeys(("assigned_at", "started_at", "completed_at"), now)
    fill(queue, n, status=Status.COMPLETED, assignee=person, outcome="passed", **moments)


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _name, value in cursor.fetchall())


def rows_touched(act: Callable[[], object]) -> int:
    """Return how many rows MariaDB read while `act` ran."""
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

    def claim(self, anna: User, tasks: int = 1) -> int:
        """Return the rows read by one hand-out, and free her again."""
        tasks_given: list[Task] = []
        touched = rows_touched(lambda: tasks_given.extend(assignment.hand_out(anna.pk)))
        assert len(tasks_given) == tasks
        for task in tasks_given:
            lifecycle.complete(task.pk, by=anna)
        return touched

    def test_claim_reads_no_more_at_100_000_waiting_than_at_1_000(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        for queue in three_queues[:3]:
            fill(queue, 333)
        few = self.claim(anna)
        fill(three_queues[0], 66_000)
        fill(three_queues[1], 33_000)
        many = self.claim(anna)
        assert few < 200
        assert many <= few

    def test_claim_reads_nothing_of_urgent_tasks_in_other_queues(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        fill(three_queues[0], 10)
        alone = self.claim(anna)
        for queue in three_queues[3:]:
            fill(queue, 300, priority=1)
        assert self.claim(anna) <= alone

    def test_claim_reads_nothing_of_completed_tasks(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        fill(three_queues[0], 10)
        fresh = self.claim(anna)
        add_completed(anna, three_queues[0], 10_000)
        assert self.claim(anna) <= fresh

    def add_10_000_each(self, few: list[Queue], others: list[Queue]) -> None:
        """Put 10,000 more into Anna's queues, and as many urgent ones into those of others."""
        for queue in few:
            fill(queue, 10_000 // len(few))
        for queue in others:
            fill(queue, 10_000 // len(others), priority=1)

    def test_claim_reads_nothing_of_paused_and_other_queues(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        mine, paused, opened, closed = (
            three_queues[:2],
            three_queues[2:3],
            three_queues[3:4],
            three_queues[4:],
        )
        Queue.objects.filter(pk=paused[0].pk).update(is_paused=True)
        Queue.objects.filter(pk=opened[0].pk).update(open_to_all=True)
        for queue in (*mine, *opened, *paused, *closed):
            fill(queue, 5)
        few = self.claim(anna)
        self.add_10_000_each([*mine, *opened], [*paused, *closed])
        assert self.claim(anna) <= few

    def test_hand_out_of_three_reads_no_more_from_a_long_backlog(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=3)
        for queue in three_queues:
            fill(queue, 5)
        few = self.claim(anna, tasks=3)
        self.add_10_000_each(three_queues[:3], three_queues[3:])
        assert self.claim(anna, tasks=3) <= few

    def test_claim_reads_tasks_given_back_at_the_head_and_no_more(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        for queue in three_queues[:3]:
            fill(queue, 5)
        plain = self.claim(anna)
        fill(three_queues[0], 4, priority=1, released_by=anna)
        given_back = Task.objects.filter(released_by=anna)
        HandBack.objects.bulk_create(HandBack(task=task, person=anna) for task in given_back)
        few = self.claim(anna)
        # Each of the four: its entry, its row, and who gave it back; and the seeks once more, with
        # the one they find.
        assert few <= plain + 4 * 5 + 25
        self.add_10_000_each(three_queues[:3], three_queues[3:])
        assert self.claim(anna) <= few

    def test_match_reads_no_more_from_a_long_backlog_or_history(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        people = [anna, *(person(f"qc{n}", is_logged_in=True) for n in range(20))]
        for one in people[1:]:
            for queue in three_queues[:3]:
                queue.people.add(one)
        for queue in three_queues:
            fill(queue, 50)
        few = self.match(len(people))
        self.add_10_000_each(three_queues[:3], three_queues[3:])
        assert self.match(len(people)) <= few
        for one in people:
            add_completed(one, three_queues[0], 500)
        assert self.match(len(people)) <= few

    def match(self, people: int) -> int:
        """Return the rows read by a match of so many people, and free them again."""
        counts: list[int] = []
        touched = rows_touched(lambda: counts.append(matching.match()))
        assert counts == [people]
        for task in Task.objects.held().select_related("assignee"):
            lifecycle.complete(task.pk, by=task.assignee)  # type: ignore[arg-type]
        return touched

    def test_completing_and_getting_the_next_reads_few_rows(
        self, anna: User, three_queues: list[Queue]
    ) -> None:
        fill(three_queues[0], 20_000)
        (task,) = assignment.hand_out(anna.pk)
        touched = rows_touched(lambda: actions.complete(task.pk, by=anna))
        assert touched < 200


@pytest.mark.parametrize(("queues", "capacity"), [(1, 1), (12, 1), (3, 3)])
def test_hand_out_takes_the_same_queries_for_many_queues_and_slots(
    queues: int,
    capacity: int,
    anna: User,
    invoices: Queue,
    django_assert_num_queries: Any,
) -> None:
    for n in range(queues - 1):
        Queue.objects.create(name=f"Queue {n}").people.add(anna)
    fill(invoices, 3)
    User.objects.filter(pk=anna.pk).update(capacity=capacity)
    presence.sign_in(anna.pk)
    with django_assert_num_queries(6):
        assert len(assignment.hand_out(anna.pk)) == capacity
