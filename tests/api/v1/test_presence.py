"""/api/v1/presence/ and /api/v1/me/: who is there, and one's own coming and going."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.models import Queue, Scope, Task, User
from tests.api.v1.clients import V1, client_of, costs_the_same, get, names, post
from tests.conftest import person
from tests.databases import on_sqlite
from tests.service_tokens import client, make

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]


def is_there(user: User) -> bool:
    return User.objects.get(pk=user.pk).takes_work


def test_station_with_a_service_token_works_as_a_person_does(
    root: User, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    token, secret = make(root, Scope.COMPLETE, name="Scanner-3")
    invoices.people.add(token.account)
    station = client(secret)
    me = station.post(f"{V1}/presence/sign-in/").json()
    assert (me["username"], me["tasks"][0]["id"]) == ("Scanner-3", task.pk)
    assert names(get(anna, "presence/", logged_in="true"), "username") == ["Scanner-3"]
    refusal = station.get(f"{V1}/presence/")
    assert (refusal.status_code, "people:read" in refusal.json()["detail"]) == (403, True)
    gone = station.post(f"{V1}/presence/sign-out/").json()
    assert [one["id"] for one in gone["returned"]] == [task.pk]
    assert station.post(f"{V1}/presence/sign-in/").status_code == 200


def test_service_token_is_told_its_scopes(root: User) -> None:
    _token, secret = make(root, Scope.READ_REPORTS, name="BI")
    me = client(secret).get(f"{V1}/me/").json()
    assert (me["scopes"], me["may_work"]) == (["reports:read"], False)
    assert me["roles"] == ["Auditors"]


def test_who_comes_gets_a_task_and_gives_it_back_when_they_leave(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    me = post(anna, "presence/sign-in/")
    assert (me["is_logged_in"], [one["id"] for one in me["tasks"]]) == (True, [task.pk])
    assert me["tasks"][0]["instructions"] == task.instructions
    gone = post(anna, "presence/sign-out/")
    assert [one["reference"] for one in gone["returned"]] == [task.reference]
    assert (gone["me"]["tasks"], gone["me"]["is_logged_in"]) == ([], False)
    task.refresh_from_db()
    assert task.status == "pending"


def test_coming_and_going_again_changes_nothing(anna: User) -> None:
    for _time in range(2):
        post(anna, "presence/sign-in/")
    assert User.history.filter(id=anna.pk, kind="signed in").count() == 1
    for _time in range(2):
        assert post(anna, "presence/sign-out/")["returned"] == []
    assert User.history.filter(id=anna.pk, kind="signed out").count() == 1


def test_break_needs_a_reason_and_ends_with_back(
    anna: User, invoices: Queue, add_task: AddTask
) -> None:
    post(anna, "presence/sign-in/")
    assert "reason" in post(anna, "presence/break/", 400)["errors"]
    assert post(anna, "presence/break/", body={"reason": "Lunch"})["break_reason"] == "Lunch"
    add_task(invoices)
    assert not is_there(anna)
    me = post(anna, "presence/back/")
    assert (me["break_reason"], len(me["tasks"])) == ("", 1)


def test_who_is_not_signed_in_can_take_no_break(anna: User) -> None:
    refusal = post(anna, "presence/break/", 409, {"reason": "Lunch"})
    assert refusal["detail"] == "anna is not signed in."


@pytest.mark.parametrize("step", ["sign-in", "sign-out", "back"])
def test_auditor_neither_comes_nor_goes(otto: User, step: str) -> None:
    refusal = post(otto, f"presence/{step}/", 403)
    assert refusal["detail"] == "otto has no role that works on tasks."


def test_everybody_with_a_role_sees_who_is_there_by_cursor(
    anna: User, ben: User, otto: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    post(anna, "presence/sign-in/")
    body = get(otto, "presence/", limit=1)
    assert body["me"]["username"] == "otto"
    [one] = body["results"]
    assert (one["username"], one["is_free"], one["tasks"][0]["id"]) == ("anna", False, task.pk)
    assert "instructions" not in one["tasks"][0]
    rest = client_of(otto).get(body["next"]).json()
    assert (names(rest, "username"), rest["next"]) == (["ben"], None)
    assert names(get(otto, "presence/", logged_in="false"), "username") == ["ben"]
    assert get(otto, "presence/", free="true")["results"] == []


def test_seeing_who_is_there_starts_no_task(anna: User, invoices: Queue, add_task: AddTask) -> None:
    task = add_task(invoices)
    post(anna, "presence/sign-in/")
    assert get(anna, "presence/")["me"]["tasks"][0]["started_at"] is None
    task.refresh_from_db()
    assert task.started_at is None


def test_fields_cut_each_person_and_unknown_names_are_refused(anna: User) -> None:
    assert get(anna, "presence/", fields="username")["results"] == [{"username": "anna"}]
    assert "tasks" in get(anna, "presence/", 400, fields="password")["errors"]["fields"][0]
    assert "logged_in" in get(anna, "presence/", 400, there="yes")["errors"]["there"][0]


def test_account_without_a_role_sees_nothing(anna: User) -> None:
    nora = person("nora")
    for path in ("presence/", "me/"):
        assert "no role" in get(nora, path, 403)["detail"]


def test_me_says_who_one_is_and_what_one_may(anna: User, mona: User) -> None:
    me = get(anna, "me/")
    assert (me["username"], me["roles"], me["scopes"]) == ("anna", ["QC staff"], None)
    assert (me["may_work"], me["may_manage"], me["may_read_all"]) == (True, False, False)
    assert get(mona, "me/")["may_manage"]


def test_list_costs_the_same_for_many(
    anna: User, otto: User, invoices: Queue, add_task: AddTask
) -> None:
    def more() -> None:
        for n in range(5):
            user = person(f"p{n}", "QC staff", is_logged_in=True, idle_since=timezone.now())
            invoices.people.add(user)
            now = timezone.now() - timedelta(minutes=n)
            add_task(invoices, assignee=user, status="assigned", slot=1, assigned_at=now)

    def act() -> Any:
        return get(otto, "presence/")

    assert costs_the_same(act, more)
    assert len(act()["results"]) == 6
