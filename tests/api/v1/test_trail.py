"""/api/v1/trail/: who did what, by cursor; reading it is recorded in it."""

from collections.abc import Callable
from typing import Any

import pytest

from qc.models import AuditEvent, EventKind, Queue, Task, User
from qc.work import actions
from tests.api.v1.clients import client_of, costs_the_same, get, names, post
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]


@pytest.fixture
def held(mona: User, anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task that Mona has put on hold."""
    task = add_task(invoices)
    actions.hold(task.pk, by=mona, reason="Wait.")
    return task


def test_row_says_who_did_what_when_and_why(otto: User, held: Task) -> None:
    row = get(otto, "trail/", kind="held")["results"][0]
    assert (row["table"], row["who"], row["reason"]) == ("task", "mona", "Wait.")
    assert (row["task"], row["queue"]) == (held.reference, "Invoices")
    assert row["sentence"] == f"mona put {held.reference} on hold: Wait."
    assert row["moment"].endswith("Z")


def test_cursor_goes_through_the_whole_trail_once(otto: User, held: Task, ben: User) -> None:
    whole = [(one["table"], one["id"]) for one in get(otto, "trail/")["results"]]
    seen, path = [], "/api/v1/trail/?limit=2"
    while path:
        body = client_of(otto).get(path).json()
        seen += [(one["table"], one["id"]) for one in body["results"]]
        path = body["next"]
    assert seen == whole
    assert len(whole) > 4


def test_reading_is_recorded_and_shown_on_demand(otto: User, held: Task) -> None:
    body = get(otto, "trail/", person="mona")
    read = AuditEvent.objects.filter(kind=EventKind.READ).latest("history_id")
    assert (read.history_user, read.filters) == (otto, {"person": "mona"})
    assert read.details["rows"] == len(body["results"])
    assert EventKind.READ.value not in names(get(otto, "trail/"), "kind")
    assert EventKind.READ.value in names(get(otto, "trail/", reads="true"), "kind")


def test_filters_are_those_of_the_page(otto: User, mona: User, held: Task, invoices: Queue) -> None:
    assert set(names(get(otto, "trail/", task=held.reference), "task")) == {held.reference}
    assert get(otto, "trail/", until="2020-01-01")["results"] == []
    for name, wrong in {
        "person": "nobody at all",
        "task": "NONE",
        "queue": "99",
        "kind": "eaten",
        "through": "post",
        "since": "yesterday",
        "cursor": "abc",
    }.items():
        assert list(get(otto, "trail/", 400, **{name: wrong})["errors"]) == [name]
    assert get(otto, "trail/", 400, person="nobody at all")["errors"]["person"] == [
        "There is nobody called “nobody at all”."
    ]


def test_staff_read_no_trail_and_leave_no_trace_of_reading(anna: User, held: Task) -> None:
    get(anna, "trail/", 403)
    assert not AuditEvent.objects.filter(kind=EventKind.READ).exists()


def test_page_costs_the_same_for_many(
    otto: User, mona: User, held: Task, invoices: Queue, add_task: AddTask
) -> None:
    def more() -> None:
        for _time in range(4):
            actions.hold(add_task(invoices).pk, by=mona, reason="Wait.")

    assert costs_the_same(lambda: get(otto, "trail/", kind="held"), more)


def test_fields_cut_each_row(otto: User, mona: User, invoices: Queue) -> None:
    post(mona, f"queues/{invoices.pk}/pause/", body={"reason": "No light."})
    row = get(otto, "trail/", kind="paused", fields="who,kind")
    assert row["results"] == [{"who": "mona", "kind": "paused"}]
    sentence: Any = get(otto, "trail/", kind="paused")["results"][0]["sentence"]
    assert sentence == "mona paused Invoices: No light."
