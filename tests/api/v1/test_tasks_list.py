"""GET /api/v1/tasks/: which tasks, in which order, page by page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

TASKS = "/api/v1/tasks/"


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["reference"] for one in answer.json()["results"]]


@pytest.fixture
def some(invoices: Queue, labels: Queue, anna: User, mona: User, add_task: Any) -> dict[str, Task]:
    """Five tasks of two queues, one of them completed by Anna, who has the next; one on hold."""
    now = timezone.now()
    made = {
        "A-1": add_task(invoices, reference="A-1", priority=1),
        "A-2": add_task(invoices, reference="A-2", priority=2, due_at=now + timedelta(days=3)),
        "A-3": add_task(invoices, reference="A-3", name="Red lamp"),
        "B-1": add_task(labels, reference="B-1", name="Blue lamp"),
        "B-2": add_task(labels, reference="B-2", due_at=now - timedelta(days=1)),
    }
    actions.sign_in(anna.pk)
    actions.complete(made["A-1"].pk, by=anna, outcome="failed")
    actions.hold(made["B-1"].pk, by=mona, reason="Wait.")
    return made


@pytest.fixture
def monas(client_of: Any, mona: User) -> APIClient:
    return client_of(mona)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["B-2", "B-1", "A-3", "A-2", "A-1"]),
        ("status=pending", ["B-2", "A-3"]),
        ("status=on_hold", ["B-1"]),
        ("status=completed", ["A-1"]),
        ("queue=Labels", ["B-2", "B-1"]),
        ("queue=Labels&status=pending", ["B-2"]),
        ("queue=Invoices&priority=2", ["A-2"]),
        ("priority=1", ["A-1"]),
        ("outcome=failed", ["A-1"]),
        ("outcome=passed&queue=Invoices", []),
        ("assignee=anna", ["A-1", "A-2"]),
        ("assignee=anna&status=assigned", ["A-2"]),
        ("reference=a-3", ["A-3"]),
        ("reference=a-3&status=completed", []),
        ("reference_begins=a-", ["A-1", "A-2", "A-3"]),
        ("search=lamp", ["B-1", "A-3"]),
        ("search=lamp&queue=Invoices", ["A-3"]),
        ("search=lamp&reference=A-3", ["A-3"]),
        ("due_before={now}", ["B-2"]),
        ("due_after={now}&queue=Invoices&status=assigned", ["A-2"]),
        ("completed_before={now}", ["A-1"]),
        ("completed_after={now}", []),
        ("created_before={now}&queue=Labels", ["B-2", "B-1"]),
        ("created_after={now}", []),
    ],
)
def test_filters_find_what_fits_all_of_them(
    some: Any, monas: APIClient, query: str, found: list[str]
) -> None:
    now = timezone.now().isoformat()
    assert references(monas.get(f"{TASKS}?{query.format(now=now)}")) == found


def test_pages_follow_one_another_to_the_end(some: Any, monas: APIClient) -> None:
    address, pages = f"{TASKS}?limit=2&fields=reference", []
    while address:
        answer = monas.get(address)
        pages.append(references(answer))
        address = answer.json()["next"]
    assert pages == [["B-2", "B-1"], ["A-3", "A-2"], ["A-1"]]


def test_fields_cut_each_result(some: Any, monas: APIClient) -> None:
    answer = monas.get(f"{TASKS}?reference=A-1&fields=id,status")
    assert answer.json()["results"] == [{"id": some["A-1"].pk, "status": "completed"}]


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "limit=0",
        "limit=201",
        "limit=many",
        "fields=colour",
        "fields=id&fields=name",
        "cursor=1",
        "status=lost",
        "priority=5",
        "queue=Nowhere",
        "assignee=nobody",
        "due_before=2026-11-30",
        "due_before=2026-11-30T10:00:00",
        "due_before=9999-12-31T23:59:59-14:00",
        "created_after=0001-01-01T00:00:00%2B14:00",
        "updated_since=yesterday",
    ],
)
def test_what_is_not_known_is_refused_by_its_name(some: Any, monas: APIClient, query: str) -> None:
    answer = monas.get(f"{TASKS}?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_cursor_of_other_filters_is_refused(some: Any, monas: APIClient) -> None:
    address = monas.get(f"{TASKS}?limit=1&status=pending").json()["next"]
    answer = monas.get(address.replace("status=pending", "status=on_hold"))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


def test_qc_staff_find_what_they_hold(some: Any, client_of: Any, anna: User) -> None:
    annas = client_of(anna)
    assert references(annas.get(TASKS)) == ["A-2"]
    assert references(annas.get(f"{TASKS}?search=lamp")) == []
    assert references(annas.get(f"{TASKS}?updated_since=2026-01-01T00:00:00Z")) == ["A-2"]
    assert annas.get(f"{TASKS}{some['A-3'].pk}/").status_code == 404
    assert annas.get(f"{TASKS}{some['A-2'].pk}/").status_code == 200


def test_who_is_nobody_here_is_refused(db: None, client_of: Any) -> None:
    from tests.conftest import person

    assert client_of(person("nora")).get(TASKS).status_code == 403
    assert APIClient().get(TASKS).status_code == 401


def test_auditor_reads_all(some: Any, client_of: Any, otto: User) -> None:
    assert len(references(client_of(otto).get(TASKS))) == 5


def test_updated_since_walks_the_changes_in_their_order(
    some: Any, monas: APIClient, mona: User
) -> None:
    begun = timezone.now().isoformat().replace("+", "%2B")
    actions.edit(some["B-2"].pk, {"name": "Other"}, by=mona, reason="So.")
    actions.edit(some["A-3"].pk, {"name": "Other"}, by=mona, reason="So.")
    actions.edit(some["B-2"].pk, {"name": "Another"}, by=mona, reason="So.")
    first = monas.get(f"{TASKS}?updated_since={begun}&limit=2")
    assert references(first) == ["B-2", "A-3"]
    # It has changed again since its first row on the page before.
    second = monas.get(first.json()["next"])
    assert references(second) == ["B-2"]
    assert second.json()["next"] is None
    assert references(monas.get(f"{TASKS}?updated_since={begun}&queue=Invoices")) == ["A-3"]


def test_nothing_was_updated_since_a_moment_to_come(some: Any, monas: APIClient) -> None:
    answer = monas.get(f"{TASKS}?updated_since=2090-01-01T00:00:00Z")
    assert (answer.json()["results"], answer.json()["next"]) == ([], None)


def test_calls_do_not_bring_who_is_away_back_to_work(some: Any, client_of: Any, anna: User) -> None:
    presence.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    client_of(anna).get(TASKS)
    anna.refresh_from_db()
    assert not anna.is_logged_in
