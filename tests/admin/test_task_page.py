"""The page of one task: shown, added, edited, each save with one history row or none."""

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import assignment, lifecycle, sweep
from tests.admin.conftest import change, signed_in, typed
from tests.databases import on_sqlite

NEW = {
    "reference": "inv-7",
    "name": "Check flange",
    "priority": 2,
    "due_at_0": "",
    "due_at_1": "",
}


def save(client: Client, task: Task, **changed: Any) -> Any:
    answer = client.post(change(task), typed(client, change(task)) | changed)
    task.refresh_from_db()
    return answer


def test_adding_a_task_writes_one_history_row_and_sets_its_due_date(
    mona_client: Client, mona: User, invoices: Queue
) -> None:
    answer = mona_client.post(reverse("admin:qc_task_add"), NEW | {"queue": invoices.pk})
    assert answer.status_code == 302
    task = Task.objects.get(reference="INV-7")
    assert task.created_by == mona
    assert task.due_at - task.created_at == pytest.approx(invoices.target, abs=timedelta(seconds=1))
    assert task.raise_at == task.due_at
    row = task.history.get()
    assert (row.history_type, row.history_user, row.through) == ("+", mona, "page")


def test_new_task_is_assigned_to_a_free_person_at_once(
    mona_client: Client,
    invoices: Queue,
    anna: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    signed_in(anna)
    with django_capture_on_commit_callbacks(execute=True):
        mona_client.post(reverse("admin:qc_task_add"), NEW | {"queue": invoices.pk})
    assert Task.objects.get(reference="INV-7").assignee == anna


def test_saving_without_a_change_writes_no_history_row(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(
        invoices,
        name="Ends with a blank ",
        instructions="Measure.\nCompare.\r\nSign. ",
        details={"Part": "Ø 40", "Lot": None, "Sizes": [1, 2]},
        link="http://example.com/a",
    )
    before = Task.objects.values().get()
    assert save(mona_client, task).status_code == 302
    assert Task.objects.values().get() == before
    assert task.history.count() == 1


def test_edit_writes_one_history_row_that_equals_the_task(
    mona_client: Client, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices, instructions="Measure.\n", name="Old ")
    due = task.due_at
    save(mona_client, task, priority=1)
    assert (task.priority, task.due_at, task.instructions) == (1, due, "Measure.\n")
    row = task.history.first()
    assert task.history.count() == 2
    assert (row.history_user, row.through, row.kind) == (mona, "page", "")
    assert row.history_change_reason == "It was wrong."
    assert list(invariants.broken()) == []


@on_sqlite
def test_edit_without_a_reason_is_refused_and_keeps_what_was_typed(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    answer = save(mona_client, task, name="Renamed", reason=" ")
    assert answer.context["adminform"].form.errors == {"reason": ["Please give a reason."]}
    assert 'value="Renamed"' in answer.content.decode()
    assert (task.name, task.history.count()) == ("Check 1", 1)


@on_sqlite
def test_new_task_is_asked_no_reason_and_an_untouched_one_needs_none(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    assert "reason" not in typed(mona_client, reverse("admin:qc_task_add"))
    task = add_task(invoices)
    assert save(mona_client, task, reason="").status_code == 302
    assert task.history.count() == 1


@on_sqlite
def test_due_time_is_in_the_reader_s_zone_which_is_named(
    mona: User, mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone="Asia/Kolkata")
    due = timezone.now().replace(2030, 1, 1, 0, 30, 0, 0)
    page = mona_client.get(change(add_task(invoices, due_at=due))).content.decode()
    assert re.search(r'type="date" name="due_at_0" value="2030-01-01"', page)
    assert re.search(r'type="time" name="due_at_1" value="06:00:00"', page)
    assert "Times are in your time zone, Asia/Kolkata." in page
    # Django's own fields warn of a clock that differs from this zone.
    assert "vDateField" not in page


def test_new_due_date_moves_the_raise_of_priority(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices, priority=1)
    assert task.raise_at is None
    save(mona_client, task, priority=3, due_at_0="2031-05-06", due_at_1="10:00:00")
    assert task.raise_at == task.due_at
    assert task.due_at.year == 2031


def test_emptied_due_date_becomes_arrival_plus_target(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices, due_at=timezone.now() + timedelta(days=9))
    save(mona_client, task, due_at_0="", due_at_1="")
    assert task.due_at == task.created_at + invoices.target


def test_edit_keeps_what_has_changed_since_the_page_was_opened(
    mona_client: Client, invoices: Queue, anna: User, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task))
    signed_in(anna)
    assignment.hand_out(anna.pk)
    mona_client.post(change(task), form | {"name": "Renamed"})
    task.refresh_from_db()
    assert (task.name, task.assignee, task.status) == ("Renamed", anna, "assigned")
    assert list(invariants.broken()) == []


def test_edit_keeps_a_priority_that_the_sweep_has_raised(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices, due_at=timezone.now() - timedelta(hours=1))
    form = typed(mona_client, change(task))
    sweep.raise_overdue()
    mona_client.post(change(task), form | {"name": "Renamed"})
    task.refresh_from_db()
    assert (task.name, task.priority) == ("Renamed", 2)


def test_task_moved_to_another_queue_is_handed_out_there(
    mona_client: Client,
    invoices: Queue,
    labels: Queue,
    carla: User,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    task = add_task(invoices)
    signed_in(carla)
    with django_capture_on_commit_callbacks(execute=True):
        save(mona_client, task, queue=labels.pk)
    task.refresh_from_db()
    assert task.assignee == carla


def test_reference_and_status_can_t_be_edited(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    save(mona_client, task, reference="OTHER", status="completed", slot=1, name="New")
    assert (task.reference, task.status, task.name) == ("QD-0001", "pending", "New")


def test_reference_that_differs_only_in_case_is_refused(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(invoices, reference="INV-7")
    answer = mona_client.post(reverse("admin:qc_task_add"), NEW | {"queue": invoices.pk})
    assert "reference" in answer.context["adminform"].form.errors


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_finished_task_is_read_only(
    mona_client: Client,
    mona: User,
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    status: str,
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task))
    if status == "completed":
        signed_in(anna)
        assignment.hand_out(anna.pk)
        lifecycle.complete(task.pk, by=anna)
    else:
        lifecycle.cancel(task.pk, by=mona, reason="duplicate")
    assert b'name="_save"' not in mona_client.get(change(task)).content
    answer = mona_client.post(change(task), form | {"name": "New"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert f"QD-0001 was {status} meanwhile. Nothing was changed." in answer.content.decode()
    task.refresh_from_db()
    assert task.name == "Check 1"


def test_nobody_deletes_a_task(
    sign_in_client: Any, root: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    client = sign_in_client(root)
    assert (
        client.post(reverse("admin:qc_task_delete", args=[task.pk]), {"post": "yes"}).status_code
        == 403
    )
    params = {"action": "delete_selected", "_selected_action": [task.pk], "post": "yes"}
    client.post(reverse("admin:qc_task_changelist"), params)
    assert Task.objects.exists()


def test_task_page_shows_details_and_history(
    mona_client: Client, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices, details={"Supplier": "Müller & <Söhne>"})
    lifecycle.hold(task.pk, by=mona, reason="drawing is wrong")
    page = mona_client.get(change(task)).content.decode()
    assert "Müller &amp; &lt;Söhne&gt;" in page
    assert "drawing is wrong" in page


def test_address_of_an_unknown_task_shows_no_task(mona_client: Client) -> None:
    for wrong in ("999", "abc"):
        page = mona_client.get(reverse("admin:qc_task_change", args=[wrong]))
        assert page.status_code in (302, 404)
        page = mona_client.post(reverse("admin:qc_task_change", args=[wrong]), {})
        assert page.status_code in (302, 404)
