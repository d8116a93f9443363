"""GET /dashbord/: who is there, who is free, who does what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from qc.models import Queue, Role, Task, User
from qc.work import actions
from tests.conftest import person

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]


def test_dashboard_shows_caller_people_and_waiting_count(
    anna: User,
    ben: User,
    carla: User,
    mona: User,
    invoices: Queue,
    add_task: AddTask,
    sign_in: SignIn,
) -> None:
    mine, _other = add_task(invoices), add_task(invoices)
    client = sign_in(anna)
    actions.sign_in(carla.pk)
    actions.take_break(carla.pk, by=carla, reason="lunch")
    board = client.get("/dashbord/").json()
    assert set(board) == {"me", "people", "pending", "count", "next", "previous"}
    assert board["me"]["tasks"][0]["id"] == mine.pk
    assert board["me"]["tasks"][0]["instructions"] == ""
    assert board["pending"] == 1
    line = {"id": mine.pk, "reference": mine.reference, "name": mine.name, "status": "assigned"}
    assert board["people"] == [
        {
            "id": anna.pk,
            "username": "anna",
            "is_logged_in": True,
            "is_free": False,
            "break_reason": "",
            "tasks": [line],
        },
        {
            "id": ben.pk,
            "username": "ben",
            "is_logged_in": False,
            "is_free": False,
            "break_reason": "",
            "tasks": [],
        },
        {
            "id": carla.pk,
            "username": "carla",
            "is_logged_in": True,
            "is_free": False,
            "break_reason": "lunch",
            "tasks": [],
        },
    ]


@pytest.mark.parametrize("path", ["/dashbord", "/dashbord/", "/dashboard", "/dashboard/"])
def test_dashboard_answers_under_each_spelling(anna: User, sign_in: SignIn, path: str) -> None:
    assert sign_in(anna).get(path).status_code == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("logged_in=true", ["anna", "ben"]),
        ("logged_in=false", ["carla"]),
        ("free=true", ["ben"]),
        ("free=false", ["anna", "carla"]),
        ("logged_in=true&free=false", ["anna"]),
        ("", ["anna", "ben", "carla"]),
    ],
)
def test_dashboard_filters_people(
    anna: User,
    ben: User,
    carla: User,
    invoices: Queue,
    add_task: AddTask,
    sign_in: SignIn,
    query: str,
    names: list[str],
) -> None:
    add_task(invoices)
    client = sign_in(anna)
    actions.sign_in(ben.pk)
    board = client.get(f"/dashbord/?{query}").json()
    assert [one["username"] for one in board["people"]] == names


def test_invalid_filter_or_page_is_refused(anna: User, sign_in: SignIn) -> None:
    answer = sign_in(anna).get("/dashbord/?free=perhaps")
    assert (answer.status_code, list(answer.json())) == (400, ["free"])
    assert sign_in(anna).get("/dashbord/?page=99").status_code == 404


def test_dashboard_has_100_people_on_a_page(anna: User, sign_in: SignIn) -> None:
    User.objects.bulk_create(User(username=f"qc{n:03}") for n in range(120))
    for someone in User.objects.filter(username__startswith="qc"):
        someone.groups.set(anna.groups.all())
    client = sign_in(anna)
    first = client.get("/dashbord/").json()
    assert (len(first["people"]), first["count"], first["previous"]) == (100, 121, None)
    second = client.get(first["next"]).json()
    assert (len(second["people"]), second["next"]) == (21, None)


def test_dashboard_changes_only_last_seen(
    anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    client = sign_in(anna)
    add_task(invoices)
    User.objects.filter(pk=anna.pk).update(last_seen_at=timezone.now() - timedelta(minutes=5))
    rows = (Task.history.count(), User.history.count())
    assert client.get("/dashbord/").json()["me"]["tasks"] == []
    assert (Task.history.count(), User.history.count()) == rows
    anna.refresh_from_db()
    assert anna.last_seen_at is not None
    assert anna.last_seen_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.parametrize("people", [3, 40])
def test_queries_do_not_grow_with_people(
    anna: User,
    invoices: Queue,
    add_task: AddTask,
    sign_in: SignIn,
    people: int,
    django_assert_num_queries: Any,
) -> None:
    for number in range(people):
        one = person(f"qc{number}", Role.QC_STAFF)
        invoices.people.add(one)
        add_task(invoices)
        actions.sign_in(one.pk)
    client = sign_in(anna)
    with django_assert_num_queries(8) as queries:
        client.get("/dashbord/")
    assert {query["sql"].split()[0] for query in queries.captured_queries} == {"SELECT"}


def test_dashboard_needs_a_sign_in(api_client: APIClient) -> None:
    answer = api_client.get("/dashbord/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")


def test_dashboard_refuses_post(anna: User, sign_in: SignIn) -> None:
    assert sign_in(anna).post("/dashbord/").status_code == 405


def test_due_time_beyond_the_local_calendar_is_given_in_utc(
    settings: Any, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    add_task(invoices, due_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    answer = sign_in(anna).get("/dashbord/")
    assert answer.status_code == 200
    assert answer.json()["me"]["tasks"][0]["due_at"] == "9999-12-31T23:59:00Z"
