"""Addresses that somebody has changed by hand: nothing is told, and nothing breaks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from knox.models import get_token_model

from qc.models import Queue, Task, User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture
def task(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    return add_task(invoices, draft="corner bent")


@pytest.fixture
def browser(mona: User, sign_in_client: Any) -> Client:
    """Mona's, in New York, where the calendar ends before UTC's."""
    User.objects.filter(pk=mona.pk).update(time_zone="America/New_York")
    browser: Client = sign_in_client(mona)
    return browser


@pytest.mark.parametrize(
    "query",
    [
        "task/?draft__startswith=corner",
        "task/?notes__contains=corner",
        "task/?assignee__password__startswith=argon2",
        "user/?password__startswith=argon2",
        "user/?last_login__gte=2026-01-01",
        "queue/?name__startswith=I",
    ],
)
def test_lists_are_narrowed_by_their_filters_only(browser: Client, task: Task, query: str) -> None:
    assert browser.get(f"/admin/qc/{query}").status_code == 400


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("0001-01-01", "9999-12-31", True),
        ("0001-01-01", "0001-01-01", False),
        ("9999-12-31", "", False),
        ("", "9999-12-31", True),
    ],
)
def test_far_days_are_limits_like_others(
    browser: Client, task: Task, first: str, last: str, *, found: bool
) -> None:
    Task.objects.filter(pk=task.pk).update(created_at=datetime(2026, 7, 1, tzinfo=UTC))
    page = browser.get(f"/admin/qc/task/?created_at_from={first}&created_at_to={last}")
    assert page.status_code == 200
    assert (task.reference in page.content.decode()) is found


# Each address that takes a day or a moment, with what it says of one that lies too far away.
DAYS = {
    "trail/?since=%s": "is too far away",
    "trail/?until=%s": "is too far away",
    "trail/trail.csv?since=%s": "is too far away",
    "reports/?first=%s&last=2026-07-01": "Choose a date from 2000 on.|must not be after",
    "reports/report.json?first=%s&last=%s": "Choose a date from 2000 on.|are in the future",
    "floor-history/?at=%s 00:00": "is in the future|before|is not a date",
    "floor-history/?at=%sT00:00:00-14:00": "is in the future|before|is not a date",
    "floor-history/task/1/?at=%s 00:00": "is in the future|before|is not a date",
}


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_far_days_are_refused_in_words(browser: Client, task: Task, day: str) -> None:
    for address, words in DAYS.items():
        page = browser.get("/admin/" + address.replace("%s", day), follow=True)
        text = b"".join(page).decode()
        assert page.status_code < 500, address
        assert re.search(words, text), address


DEEP = {depth: '{"username": ' + "[" * depth + "]" * depth + "}" for depth in (60, 100_000)}


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize("address", ["/login/", "/taskcomplete/1/"])
def test_json_nested_too_deeply_is_the_sender_s_error(anna: User, address: str, depth: int) -> None:
    token = get_token_model().objects.create(user=anna)[1]
    client = Client(headers={"Authorization": f"Token {token}"})
    assert client.post(address, DEEP[depth], "application/json").status_code in (400, 404)


def test_details_nested_too_deeply_are_refused_in_words(browser: Client, invoices: Queue) -> None:
    deep = "[" * 31 + "]" * 31
    values = {"reference": "A-1", "name": "Check", "queue": invoices.pk, "priority": 3}
    values |= {"details-0-name": "Part", "details-0-value": deep, "details-0-kept": '["Part", []]'}
    page = browser.post("/admin/qc/task/add/", values)
    assert "Nest the values no deeper than 30 levels." in page.content.decode()


def test_value_that_no_database_could_read_is_kept_as_a_text(
    browser: Client, invoices: Queue
) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    values = {"reference": "A-1", "name": "Check", "queue": invoices.pk, "priority": 3}
    values |= {"details-0-name": "Part", "details-0-value": deep, "details-0-kept": '["Part", []]'}
    assert browser.post("/admin/qc/task/add/", values).status_code == 302
    assert Task.objects.get(reference="A-1").details == {"Part": deep}
