"""The live feed: what has happened after a cursor, at once or as soon as it happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from qc.core import polls
from qc.models import Queue, Task, TaskEvent, User
from qc.webhooks import log
from qc.work import lifecycle
from tests.databases import on_mariadb, on_sqlite

ADDRESS = "/api/v1/events/"
AddTask = Callable[..., Task]


@pytest.fixture
def read(db: None, otto: User, client_of: Callable[[User], APIClient]) -> Callable[..., Any]:
    """Read as an auditor; return the answer."""
    # A test with real transactions begins without a log.
    log.collect()
    client = client_of(otto)
    return lambda **params: client.get(ADDRESS, params)


def types_of(answer: Any) -> list[str]:
    return [event["type"] for event in answer.json()["events"]]


def test_reader_gets_each_event_once_in_order(
    read: Callable[..., Any], mona: User, add_task: AddTask, invoices: Queue
) -> None:
    add_task(invoices)
    begun = read().json()
    assert begun["events"] == []
    task = add_task(invoices)
    lifecycle.hold(task.pk, by=mona, reason="Wait")
    answer = read(after=begun["next"])
    assert types_of(answer) == ["task.created", "task.held"]
    [_created, held] = answer.json()["events"]
    assert (held["data"]["reference"], held["data"]["by"]) == (task.reference, "mona")
    assert types_of(read(after=answer.json()["next"])) == []


def test_limit_cuts_and_the_cursor_goes_on_there(
    read: Callable[..., Any], add_task: AddTask, invoices: Queue
) -> None:
    cursor = read().json()["next"]
    tasks = [add_task(invoices).pk for _ in range(3)]
    found: list[int] = []
    for _ in range(2):
        answer = read(after=cursor, limit=2).json()
        found += [event["data"]["id"] for event in answer["events"]]
        cursor = answer["next"]
    assert found == tasks


def test_types_and_queue_limit_it(
    read: Callable[..., Any], mona: User, add_task: AddTask, invoices: Queue, labels: Queue
) -> None:
    cursor = read().json()["next"]
    for queue in (invoices, labels):
        lifecycle.hold(add_task(queue).pk, by=mona, reason="Wait")
    held = read(after=cursor, types="task.held,task.resumed", queue="Labels").json()
    assert [(one["type"], one["data"]["queue"]) for one in held["events"]] == [
        ("task.held", "Labels")
    ]
    assert types_of(read(after=held["next"])) == []


def test_waiting_reader_is_answered_as_soon_as_something_happens(
    read: Callable[..., Any],
    add_task: AddTask,
    invoices: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        add_task(invoices)
        return True

    monkeypatch.setattr(polls, "wait", wait)
    monkeypatch.setattr("qc.api.v1.events.COLLECTING.seconds", 0)
    assert types_of(read(wait=25)) == ["task.created"]
    assert waited == [1]


def test_waiting_ends_with_the_process(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polls, "wait", lambda _seconds: False)
    answer = read(wait=25)
    assert (answer.status_code, types_of(answer)) == (200, [])


@on_sqlite
def test_only_a_quarter_of_the_threads_may_wait(settings: Any) -> None:
    settings.QC_WEB_THREADS = 8
    with polls.place() as first, polls.place() as second, polls.place() as third:
        assert (first, second, third) == (True, True, False)
    with polls.place() as again:
        assert again


def test_without_a_place_the_answer_is_empty_and_says_when_to_come_again(
    read: Callable[..., Any], settings: Any
) -> None:
    settings.QC_WEB_THREADS = 3
    answer = read(wait=25)
    assert (answer.status_code, types_of(answer)) == (200, [])
    assert answer.headers["Retry-After"] == "5"
    assert "Retry-After" not in read().headers


def test_cursor_that_has_expired_says_what_to_do(
    read: Callable[..., Any], add_task: AddTask, invoices: Queue
) -> None:
    cursor = read().json()["next"]
    add_task(invoices)
    read()
    TaskEvent.objects.update(collected_at=timezone.now() - log.KEPT - timedelta(hours=1))
    log.delete_old()
    answer = read(after=cursor)
    assert (answer.status_code, answer["Content-Type"]) == (410, "application/problem+json")
    assert "begin without a cursor" in answer.json()["detail"]


@on_sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("after", "17"), ("types", "task.eaten"), ("queue", "None"), ("limit", "0")),
        *(("wait", "26"), ("since", "yesterday")),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(
    read: Callable[..., Any], name: str, value: str
) -> None:
    answer = read(**{name: value})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]


def test_staff_does_not_read_what_others_do(
    client_of: Callable[[User], APIClient], anna: User
) -> None:
    assert client_of(anna).get(ADDRESS).status_code == 403


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_who_waits_holds_no_connection(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []

    def wait(_seconds: float) -> bool:
        held.append(connection.connection is not None)
        return False

    monkeypatch.setattr(polls, "wait", wait)
    read(wait=25)
    assert held == [False]
