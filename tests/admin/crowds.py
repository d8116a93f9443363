"""Many people and their tasks, written to the database directly."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from qc.models import Queue, Status, Task, User


def crowd(n: int, queue: Queue) -> None:
    """Add n people who are signed in and free."""
    first = User.objects.count()
    now = timezone.now()
    there = {"is_logged_in": True, "idle_since": now, "last_seen_at": now, "is_staff": True}
    people = [User(username=f"crowd{i}", **there) for i in range(first, first + n)]
    User.objects.bulk_create(people)
    queue.people.add(*User.objects.filter(username__in=[one.username for one in people]))


def give_each_one(queue: Queue) -> None:
    """Put every third person on break, and give a task to each of the others."""
    now = timezone.now()
    held = {"status": Status.ASSIGNED, "slot": 1, "assigned_at": now}
    due = {"queue": queue, "due_at": now + timedelta(hours=1)}
    people = list(User.objects.signed_in().filter(tasks=None).order_by("pk"))
    User.objects.filter(pk__in=[one.pk for one in people[::3]]).update(break_reason="Lunch")
    Task.objects.bulk_create(
        Task(reference=f"HELD-{one.pk}", name="Held", assignee=one, **held, **due)
        for one in people[1::3] + people[2::3]
    )


def twenty_queues_and_a_hundred_people() -> None:
    """Add queues 1 to 20 and people 1001 to 1100, called qc1 to qc100, on MariaDB."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO qc_queue (id, name, description, is_paused, open_to_all, target) "
            "SELECT seq, CONCAT('Queue ', seq), '', 0, 0, 86400000000 FROM seq_1_to_20"
        )
        cursor.execute(
            "INSERT INTO qc_user (id, password, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined, is_logged_in, break_reason, capacity) "
            "SELECT 1000 + seq, '', 0, CONCAT('qc', seq), '', '', '', 1, 1, NOW(6), 0, '', 1 "
            "FROM seq_1_to_100"
        )
