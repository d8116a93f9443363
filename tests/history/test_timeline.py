"""Timelines: of a task from its arrival to its end, of a person since midnight."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.history import timeline
from qc.models import Queue, Task, User
from qc.work import actions, presence

pytestmark = pytest.mark.django_db


def spans_of(one: timeline.Timeline) -> list[tuple[str, str, int]]:
    return [(span.kind, span.words, span.seconds) for span in one.spans]


def put_rows_a_minute_apart(item: Any, begun: Any) -> None:
    """Put an object's history rows a minute apart."""
    for n, row in enumerate(item.history.order_by("history_id")):
        item.history.filter(pk=row.pk).update(history_date=begun + timedelta(minutes=n))


def test_timeline_shows_who_held_a_task(
    anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.start(task.pk, by=anna)
    actions.hold(task.pk, by=mona, reason="call them")
    task.refresh_from_db()
    task.name = "Other"  # begins no span of its own
    task.save()
    actions.resume(task.pk, by=mona)
    actions.start(task.pk, by=anna)
    actions.complete(task.pk, by=anna)
    put_rows_a_minute_apart(task, timezone.now() - timedelta(hours=1))
    found = timeline.of_task(task)
    assert spans_of(found) == [
        ("waiting", "waiting", 60),
        ("given", "assigned to anna, not started", 60),
        ("working", "anna worked on it", 60),
        ("held", "on hold", 120),
        ("waiting", "waiting", 60),
        ("given", "assigned to anna, not started", 60),
        ("working", "anna worked on it", 60),
    ]
    assert (found.waiting, found.working) == ("4\xa0minutes", "2\xa0minutes")


def test_timeline_of_a_waiting_task_ends_now(
    invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    put_rows_a_minute_apart(task, timezone.now() - timedelta(minutes=5))
    ((kind, _words, seconds),) = spans_of(timeline.of_task(task))
    assert kind == "waiting"
    assert 299 <= seconds <= 320


def test_timeline_of_a_person_begins_at_midnight(anna: User, mona: User) -> None:
    presence.sign_in(anna.pk)
    presence.take_break(anna.pk, by=mona, reason="Training")
    presence.come_back(anna.pk, by=anna)
    presence.sign_out(anna.pk, by=anna, reason="signed out")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    # Made yesterday, signed in yesterday; on break at midnight and a minute.
    put_rows_a_minute_apart(anna, midnight - timedelta(seconds=90))
    assert spans_of(timeline.of_today(anna)) == [
        ("working", "free or busy", 30),
        ("break", "on break: Training", 60),
        ("working", "free or busy", 60),
    ]


def test_timeline_of_a_person_who_never_signed_in_is_empty(anna: User) -> None:
    assert spans_of(timeline.of_today(anna)) == []
