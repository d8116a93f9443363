"""Ctrl+K: what the command palette finds, and for whom."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Task, User

from .conftest import change

pytestmark = pytest.mark.django_db

At = Callable[[User], Client]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def two(invoices: Queue, add_task: Callable[..., Task]) -> list[Task]:
    return [add_task(invoices, reference=f"INV-{n}") for n in (1, 2)]


def find(client: Client, term: str) -> str:
    return client.get(reverse("admin:search"), {"s": term, "extended": 1}).content.decode()


def test_finds_tasks_by_the_beginning_of_their_reference(
    mona: User, two: list[Task], sign_in_client: At
) -> None:
    page = find(sign_in_client(mona), "inv-")
    assert all(change(task) in page for task in two)
    assert "Invoices, waiting" in page
    assert change(two[0]) not in find(sign_in_client(mona), "INV-2")


def test_finds_people_queues_and_pages(mona: User, anna: User, sign_in_client: At) -> None:
    client = sign_in_client(mona)
    assert change(anna) in find(client, "ann")
    assert change(anna.queues.get()) in find(client, "invo")
    assert reverse("admin:floor") in find(client, "floor")


def test_qc_staff_find_only_their_own_tasks(
    anna: User, two: list[Task], sign_in_client: At
) -> None:
    client = sign_in_client(anna)
    page = find(client, "inv-")
    assert f"{reverse('admin:my_work')}?task={two[0].pk}" in page
    assert "INV-2" not in page
    assert "anna" not in find(client, "ann")
    assert reverse("admin:floor") not in find(client, "floor")


def test_number_of_results_is_limited(
    mona: User, invoices: Queue, add_task: Callable[..., Task], sign_in_client: At
) -> None:
    for _ in range(25):
        add_task(invoices)
    assert find(sign_in_client(mona), "qd-").count("data-title") == 20


def test_says_that_nothing_was_found(mona: User, sign_in_client: At) -> None:
    for term in ("zzz", "%", "é" * 300):
        assert "No results" in find(sign_in_client(mona), term)
