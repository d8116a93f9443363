"""Who did what, from the history in the database of the test."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from qc.models import Task, User


def completions() -> list[tuple[int, str]]:
    """Return each completion: the task, and by whom."""
    rows = Task.history.filter(kind="completed").values_list("id", "assignee__username")
    return list(rows)


def most_held_at_once() -> int:
    """Go through the history from the first row to the last; return the most anybody held."""
    held: dict[int, set[int]] = defaultdict(set)
    most = 0
    for row in Task.history.order_by("history_id").values("id", "status", "assignee"):
        for tasks in held.values():
            tasks.discard(row["id"])
        if row["status"] == "assigned":
            held[row["assignee"]].add(row["id"])
            most = max(most, len(held[row["assignee"]]))
    return most


def long_gone(person: User) -> Callable[[], bool]:
    """Make a person look long gone; return a function: has the sweep signed them out?"""
    long_ago = timezone.now() - timedelta(hours=1)
    seen = User.objects.filter(pk=person.pk)
    seen.update(last_seen_at=long_ago)
    return lambda: not User.objects.filter(pk=person.pk, is_logged_in=True).exists()
