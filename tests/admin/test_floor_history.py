"""The pages of *Floor history*: access, moments, content, and that reading is recorded."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.admin.point_in_time.urls import after, at
from qc.history import point_in_time
from qc.models import AuditEvent, Queue, Role, Task, User
from qc.work import actions
from tests.admin.conftest import change, signed_in
from tests.conftest import person
from tests.databases import on_sqlite

THEN = "/admin/floor-history/"


@pytest.fixture
def task(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna got and Mona put on hold."""
    task = add_task(invoices, reference="INV-2231", name="<b>Check</b>")
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    actions.hold(task.pk, by=mona, reason="call <b>them</b>")
    return task


def given(task: Task) -> Any:
    return task.history.get(kind="assigned")


def text(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return unescape(" ".join(page.content.decode().split()))


@pytest.mark.parametrize(
    ("who", "answer"), [("otto", 200), ("mona", 200), ("root", 200), ("anna", 403)]
)
def test_floor_history_needs_the_permission_for_the_audit_trail(
    who: str, answer: int, task: Task, request: Any, sign_in_client: Any
) -> None:
    client = sign_in_client(request.getfixturevalue(who))
    for address in (THEN, after(given(task))):
        assert client.get(address).status_code == answer
        assert client.post(address).status_code == (405 if answer == 200 else 403)


def test_floor_page_shows_people_with_their_tasks_at_a_moment(
    otto_client: Client, task: Task, anna: User
) -> None:
    then = given(task).history_date
    page = otto_client.get(THEN + at(then)).content.decode()
    assert f'href="/admin/floor-history/task/{task.pk}/{at(then)}">INV-2231</a>' in page
    assert f'href="/admin/floor-history/person/{anna.pk}/{at(then)}">anna</a>' in page
    assert "&lt;b&gt;Check&lt;/b&gt;" in page
    assert "busy" in page
    assert "INV-2231" not in text(otto_client, THEN + at(timezone.now()))
    before = point_in_time.beginning() + timedelta(microseconds=1)
    assert "Nobody was signed in." in text(otto_client, THEN + at(before))


def test_page_says_when_waiting_tasks_are_not_counted(
    otto_client: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point_in_time, "MOST_WAITING", 0)
    assert "The waiting tasks are not counted" in text(otto_client, THEN + at(timezone.now()))


def test_task_page_compares_the_task_then_and_now(
    otto_client: Client, task: Task, mona: User
) -> None:
    page = text(otto_client, after(given(task)))
    assert (
        'class="qc-then-differs"><th scope="row">Status</th><td>assigned</td><td>on hold</td>'
        in page
    )
    assert 'class="qc-then-differs"><th scope="row">Person</th><td>anna</td><td>–</td>' in page
    assert '<tr><th scope="row">Queue</th><td>Invoices</td><td></td>' in page
    assert f'href="/admin/trail/task/{given(task).pk}/"' in page
    assert "to anna" in page or "assigned" in page


def test_pages_of_objects_not_yet_created_or_deleted(otto_client: Client, task: Task) -> None:
    first, pk = task.history.last(), task.pk
    before = f"{THEN}task/{pk}/{at(first.history_date - timedelta(microseconds=1))}"
    assert "It did not exist yet." in text(otto_client, before)
    task.delete()
    assert "It was already deleted." in text(otto_client, f"{THEN}task/{pk}/")
    assert "Deleted later:" in text(otto_client, after(first))
    for address in ("task/987654/", "event/1/", "nonsense/1/"):
        assert otto_client.get(THEN + address).status_code == 404


def test_person_page_shows_tasks_queues_and_groups(
    otto_client: Client, task: Task, anna: User
) -> None:
    page = text(otto_client, f"{THEN}person/{anna.pk}/{at(given(task).history_date)}")
    assert "INV-2231</a>" in page
    assert "<dd>Invoices</dd>" in page
    assert '<th scope="row">Groups</th><td>QC staff</td>' in page


def test_local_time_becomes_an_address_in_utc(otto: User, task: Task, sign_in_client: Any) -> None:
    User.objects.filter(pk=otto.pk).update(time_zone="America/New_York")
    task.history.update(history_date="2026-03-03T10:00Z")
    address = sign_in_client(otto).get(f"{THEN}?at=2026-03-03T09:05:00").url
    assert address == "?at=2026-03-03T14:05:00Z"
    page = text(sign_in_client(otto), THEN + address)
    assert 'value="2026-03-03T09:05:00"' in page
    assert "Tue 03 Mar 2026 09:05:00" in page
    for to in ("2026-03-02T14:05:00Z", "2026-03-03T13:05:00Z", "2026-03-03T15:05:00Z"):
        assert f'href="?at={to}"' in page


def test_day_earlier_keeps_the_local_time(otto: User, task: Task, sign_in_client: Any) -> None:
    User.objects.filter(pk=otto.pk).update(time_zone="Europe/Berlin")
    task.history.update(history_date="2026-03-01T10:00Z")
    page = text(sign_in_client(otto), f"{THEN}?at=2026-03-29T10:00:00Z")
    assert 'href="?at=2026-03-28T11:00:00Z"' in page


@on_sqlite
@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        ("soon", "“soon” is not a date and time. Write it as 2026-11-30 14:30."),
        ("0001-01-01T00:00", "“0001-01-01T00:00” is not a date and time"),
        ("9999-12-31T23:59:59Z", "“9999-12-31T23:59:59Z” is not a date and time"),
        ("2999-01-01T00:00", "This is in the future. Choose a time in the past."),
        ("1999-01-01T00:00", "There are no records of that time. The first record is from:"),
        (
            "2026-03-29T02:30",
            "2026-03-29 02:30 does not exist in Europe/Berlin: the clocks were set forward.",
        ),
        (
            "2025-10-26T02:30",
            "2025-10-26 02:30 exists twice: the clocks were set back. Choose one.",
        ),
    ],
)
def test_page_says_why_a_moment_cant_be_shown(
    otto: User, task: Task, sign_in_client: Any, moment: str, sentence: str
) -> None:
    User.objects.filter(pk=otto.pk).update(time_zone="Europe/Berlin")
    for address in (THEN, f"{THEN}task/{task.pk}/"):
        assert sentence in text(sign_in_client(otto), f"{address}?at={moment}")
    if "twice" in sentence:
        page = text(sign_in_client(otto), f"{THEN}?at={moment}")
        for choice in ("2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"):
            assert f'href="?at={choice}"' in page


def test_each_view_is_recorded_in_the_trail(otto_client: Client, otto: User, task: Task) -> None:
    then = given(task).history_date
    otto_client.get(THEN + at(then))
    otto_client.get(after(given(task)))
    otto_client.get(f"{THEN}?at=soon")
    read = AuditEvent.objects.filter(kind="read the trail", history_user=otto).order_by("pk")
    filters = {"at": then.isoformat()}
    assert [one.details["filters"] for one in read] == [filters, filters | {"task": "INV-2231"}]
    assert "read the audit trail: at = 20" in text(otto_client, "/admin/trail/?reads=on")


def test_history_rows_link_to_their_moments(otto_client: Client, task: Task) -> None:
    row = given(task)
    trail = f"/admin/trail/task/{row.pk}/"
    for address in (change(task), f"/admin/qc/task/{task.pk}/history/", trail):
        assert f'href="{after(row)}"' in text(otto_client, address)


def test_many_people_are_paginated_without_more_queries(
    otto_client: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def query_count() -> int:
        with CaptureQueriesContext(connection) as queries:
            otto_client.get(THEN)
        return len(queries)

    few = query_count()
    for n in range(101):
        signed_in(person(f"crowd{n:03}", Role.QC_STAFF))
    assert query_count() <= few
    assert "Page 1 of 2" in text(otto_client, THEN)
    page = text(otto_client, f"{THEN}{at(timezone.now())}&page=2")
    assert "crowd100" in page
    assert "crowd050" not in page
