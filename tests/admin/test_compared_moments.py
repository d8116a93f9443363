"""Two moments beside each other: the floor, or one task, person or queue."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from qc.admin.point_in_time.urls import both
from qc.models import AuditEvent, Queue, Task, User
from qc.work import actions
from tests.admin.conftest import signed_in
from tests.databases import on_sqlite

pytestmark = pytest.mark.django_db

FLOOR = "/admin/floor-history/"
LONG = "Look at each side. " * 50


@pytest.fixture
def task(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna got and Mona put on hold."""
    task = add_task(invoices, reference="INV-2231", instructions=LONG)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    actions.hold(task.pk, by=mona, reason="Wait.")
    return task


def text(client: Client, address: str) -> str:
    page = client.get(address, follow=True)
    assert page.status_code == 200
    return unescape(" ".join(page.content.decode().split()))


def moments(task: Task) -> tuple[Any, Any, Any]:
    """Return when the task arrived, was assigned and was put on hold."""
    arrived, assigned, held = task.history.order_by("pk")
    return arrived.history_date, assigned.history_date, held.history_date


def test_task_stands_at_both_moments_with_what_differs(otto_client: Client, task: Task) -> None:
    arrived, assigned, _held = moments(task)
    page = text(otto_client, f"{FLOOR}task/{task.pk}/{both(arrived, assigned)}")
    row = '<tr class="qc-then-differs"><th scope="row">Status</th><td>waiting</td><td>assigned</td>'
    assert row in page
    assert '<tr><th scope="row">Queue</th><td>Invoices</td><td>Invoices</td>' in page
    assert "task=INV-2231&since=" in page
    assert "Now, if different" not in page


def test_floor_shows_people_and_queues_that_were_different(
    otto_client: Client, task: Task, ben: User
) -> None:
    _arrived, assigned, held = moments(task)
    signed_in(ben)
    page = text(otto_client, FLOOR + both(assigned, timezone.now()))
    assert "INV-2231</a>" in page
    assert '<td><span class="qc-quiet">not signed in</span></td><td>' in page
    assert '<td class="qc-n">1 → 0</td>' in page
    same = text(otto_client, FLOOR + both(held, held))
    assert "The same people were signed in, with the same tasks." in same
    assert "All queues had the same numbers of tasks." in same


def test_comparison_is_recorded_with_both_moments(
    otto_client: Client, otto: User, task: Task
) -> None:
    arrived, assigned, _held = moments(task)
    otto_client.get(f"{FLOOR}task/{task.pk}/{both(arrived, assigned)}")
    (read,) = AuditEvent.objects.filter(kind="read the trail", history_user=otto)
    moments_read = {"at": arrived.isoformat(), "with": assigned.isoformat()}
    assert read.filters == moments_read | {"task": "INV-2231"}


@on_sqlite
def test_task_that_did_not_exist_yet_is_said(otto_client: Client, task: Task, anna: User) -> None:
    before = anna.history.last().history_date
    page = text(otto_client, f"{FLOOR}task/{task.pk}/{both(before, timezone.now())}")
    assert "It did not exist yet at one of these times." in page


@on_sqlite
def test_local_times_become_an_address_in_utc(otto: User, task: Task, sign_in_client: Any) -> None:
    User.objects.filter(pk=otto.pk).update(time_zone="Asia/Kolkata")
    client = sign_in_client(otto)
    now = timezone.now() - timedelta(seconds=5)
    User.history.update(history_date=now - timedelta(days=3))
    shown = f"{timezone.localtime(now, timezone.get_fixed_timezone(330)):%Y-%m-%dT%H:%M:%S}"
    answer = client.get(FLOOR, {"at": shown, "with-at": shown})
    utc = f"{now:%Y-%m-%dT%H:%M:%S}Z"
    assert answer.url == f"?at={utc}&with-at={utc}"


@on_sqlite
def test_second_moment_that_is_none_is_refused_beside_the_first(
    otto_client: Client, task: Task
) -> None:
    page = text(otto_client, f"{FLOOR}?with-at=soon")
    assert "“soon” is not a date and time." in page
    assert "qc-then-moment" not in page
