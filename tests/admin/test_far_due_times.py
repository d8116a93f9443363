"""Due times at the ends of the calendar: no form takes them, and pages show those stored before."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc import history
from qc.admin.point_in_time.urls import after
from qc.models import Queue, Task, User
from qc.work import actions, lifecycle
from tests.admin.conftest import change, signed_in, typed

LAST, FIRST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)
REFUSAL = "A due time must be from 2000-01-01 to 2099-12-31."
LIST, TRAIL = "/admin/qc/task/", "/admin/trail/"


@pytest.fixture(params=[("Asia/Tokyo", LAST), ("America/New_York", FIRST)], ids=["east", "west"])
def task(
    request: Any, invoices: Queue, mona: User, otto: User, add_task: Callable[..., Task]
) -> Task:
    """A task whose due time the calendars of Mona and Otto don't have."""
    zone, due_at = request.param
    User.objects.filter(pk__in=[mona.pk, otto.pk]).update(time_zone=zone)
    task = add_task(invoices)
    set_due(task, due_at, mona)
    return task


def set_due(task: Task, due_at: datetime, by: User) -> None:
    """Set a due time as earlier releases did, whatever it was."""
    task.due_at = due_at
    history.save(task, kind="due set", by=by, reason="far away", fields=["due_at"])


def pages(task: Task) -> list[str]:
    """Return the pages that show a task or its past."""
    rows = list(task.history.all())
    steps = [reverse("admin:trail_row", args=["task", row.pk]) for row in rows]
    past = [reverse("admin:qc_task_history", args=[task.pk]), *map(after, rows)]
    return [LIST, f"{LIST}?late=no", f"{LIST}?late=yes", change(task), TRAIL, *steps, *past]


def failures(client: Client, task: Task) -> list[str]:
    client.raise_request_exception = False
    return [page for page in pages(task) if client.get(page).status_code != 200]


def test_all_pages_show_them(task: Task, mona_client: Client, otto_client: Client) -> None:
    assert failures(mona_client, task) == failures(otto_client, task) == []


def test_exports_have_them(task: Task, mona_client: Client) -> None:
    answer = mona_client.post(reverse("admin:qc_task_export"), {"resource": "0", "format": "0"})
    assert f"{task.due_at:%m-%d %H:%M}" in answer.getvalue().decode()  # type: ignore[attr-defined]


def test_pages_show_them_in_the_past(
    task: Task, mona: User, mona_client: Client, otto_client: Client
) -> None:
    set_due(task, datetime(2030, 5, 4, tzinfo=UTC), mona)
    assert failures(mona_client, task) == failures(otto_client, task) == []


def test_pages_show_them_of_finished_tasks(task: Task, anna: User, mona_client: Client) -> None:
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    lifecycle.complete(task.pk, by=anna)
    assert failures(mona_client, task) == []


def test_other_columns_of_such_a_task_can_be_edited(task: Task, mona_client: Client) -> None:
    stored = task.due_at
    mona_client.post(change(task), typed(mona_client, change(task)) | {"priority": 1})
    task.refresh_from_db()
    assert (task.priority, task.due_at) == (1, stored)


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        ("0001-01-01", "Asia/Tokyo"),
        ("1999-12-31", "America/New_York"),
        ("2100-01-01", "Asia/Tokyo"),
        ("9999-12-31", "America/New_York"),
    ],
)
def test_form_of_a_task_refuses_them(
    mona: User, mona_client: Client, invoices: Queue, add_task: Any, day: str, zone: str
) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone=zone)
    task = add_task(invoices)
    sent = typed(mona_client, change(task)) | {"due_at_0": day, "due_at_1": "23:59:00"}
    assert REFUSAL in mona_client.post(change(task), sent).content.decode()


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        ("0001-01-01", "Asia/Tokyo"),
        ("1999-12-31", "America/New_York"),
        ("2100-01-01", "Asia/Tokyo"),
        ("9999-12-31", "America/New_York"),
    ],
)
def test_dialog_refuses_them(
    mona: User, mona_client: Client, invoices: Queue, add_task: Any, day: str, zone: str
) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone=zone)
    task = add_task(invoices)
    selected = {"action": "due_selected", "_selected_action": [task.pk], "_form_submitted": "True"}
    answers = {"due_at": f"{day}T23:59", "reason": "far away"}
    assert REFUSAL in mona_client.post(LIST, selected | answers).content.decode()
    assert not task.history.filter(kind="due set").exists()
