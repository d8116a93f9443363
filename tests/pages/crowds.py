"""Many people at once, and what they hold, without anything that happens to them."""

from datetime import timedelta

from django.utils import timezone

from qc.models import Queue, Status, Task, User


def crowd(n: int, queue: Queue) -> None:
    """Adds n people who are there and free."""
    first = User.objects.count()
    now = timezone.now()
    there = {"is_logged_in": True, "idle_since": now, "last_seen_at": now, "is_staff": True}
    people = [User(username=f"crowd{i}", **there) for i in range(first, first + n)]
    User.objects.bulk_create(people)
    queue.people.add(*User.objects.filter(username__in=[one.username for one in people]))


def give_each_one(queue: Queue) -> None:
    """Lets two of three people hold a task, and one of three be on break."""
    now = timezone.now()
    held = {"status": Status.ASSIGNED, "slot": 1, "assigned_at": now}
    due = {"queue": queue, "due_at": now + timedelta(hours=1)}
    people = list(User.objects.there().filter(tasks=None).order_by("pk"))
    User.objects.filter(pk__in=[one.pk for one in people[::3]]).update(break_reason="Lunch")
    Task.objects.bulk_create(
        Task(reference=f"HELD-{one.pk}", name="Held", assignee=one, **held, **due)
        for one in people[1::3] + people[2::3]
    )
