"""The task list: search, filters, and the number of queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.models import Queue, Task, User
from qc.work import assignment
from tests.admin.conftest import signed_in

LIST = "admin:qc_task_changelist"


def listed(client: Client, **params: Any) -> list[str]:
    page = client.get(reverse(LIST), params)
    return sorted(task.reference for task in page.context["cl"].result_list)


@pytest.mark.parametrize("term", ["inv-22", "INV-22", "  Inv-2231 "])
def test_search_finds_a_reference_by_its_beginning_in_any_case(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task], term: str
) -> None:
    add_task(invoices, reference="INV-2231")
    add_task(invoices, reference="X-INV-2231")
    assert listed(mona_client, q=term) == ["INV-2231"]


def test_search_finds_a_name_by_any_part_in_any_case(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    found = add_task(invoices, name="Check flange 40 mm")
    add_task(invoices, name="Check label")
    assert listed(mona_client, q="FLANGE") == [found.reference]


def test_each_filter_finds_its_tasks(
    mona_client: Client,
    invoices: Queue,
    labels: Queue,
    anna: User,
    add_task: Callable[..., Task],
) -> None:
    now = timezone.now()
    late = add_task(invoices, due_at=now - timedelta(hours=1))
    other = add_task(labels, priority=1)
    anna_s = add_task(labels, due_at=now + timedelta(days=3))
    signed_in(anna)
    labels.people.add(anna)
    assignment.claim(anna_s.pk, by=anna)
    client = mona_client
    assert listed(client, late="yes") == [late.reference]
    assert listed(client, late="no") == sorted([other.reference, anna_s.reference])
    assert listed(client, queue__id__exact=invoices.pk) == [late.reference]
    assert listed(client, priority__exact=1) == [other.reference]
    assert listed(client, status__exact="assigned") == [anna_s.reference]
    assert listed(client, assignee__id__exact=anna.pk) == [anna_s.reference]


def test_person_filter_offers_people_by_the_beginning_of_their_name(
    mona_client: Client, anna: User
) -> None:
    params = {"app_label": "qc", "model_name": "task", "field_name": "assignee", "term": "ann"}
    found = mona_client.get(reverse("admin:autocomplete"), params).json()["results"]
    assert found == [{"id": str(anna.pk), "text": "anna"}]


def test_due_date_and_lateness_are_shown_in_words(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    now = timezone.now()
    add_task(invoices, due_at=now - timedelta(hours=2, minutes=5))
    add_task(invoices, due_at=now + timedelta(hours=3, minutes=5))
    page = mona_client.get(reverse(LIST)).content.decode()
    assert "2\xa0hours late" in page
    assert "in 3\xa0hours" in page


@pytest.mark.parametrize("model", ["task", "queue", "user"])
def test_long_list_needs_no_more_queries_than_a_short_one(
    mona_client: Client,
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    model: str,
) -> None:
    def add(start: int, end: int) -> None:
        for n in range(start, end):
            queue = Queue.objects.create(name=f"Queue {n}")
            add_task(queue, created_by=anna)
            someone = User.objects.create_user(f"person{n}")
            queue.people.add(someone, anna)

    def queries_of_a_page() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert mona_client.get(reverse(f"admin:qc_{model}_changelist")).status_code == 200
        return len(queries)

    add(0, 5)
    queries_of_a_page()  # what is read once only
    few = queries_of_a_page()
    add(5, 50)
    assert queries_of_a_page() == few


def test_search_that_finds_very_many_words_says_so(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.work.search.MOST_FOUND", 2)
    monkeypatch.setattr("qc.work.search.MOST_WORDS", 2)
    for n in range(4):
        add_task(invoices, name=f"B28{n}")
    assert len(listed(mona_client, q="b28")) == 2
    page = mona_client.get(reverse(LIST), {"q": "b28"}).content.decode()
    assert "Very many tasks match: these are some of them." in page
    assert listed(mona_client, q="b283") == ["QD-0004"]
