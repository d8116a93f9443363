"""How many statements a call costs, all of them counted: by the server itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken
from rest_framework.test import APIClient

from qc.models import Answer, Defect, DefectCode, Queue, Task, User
from qc.work import presence
from tests.databases import on_mariadb
from tests.plans import give_plan

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]
Counts = dict[str, int]


def counters() -> Counts:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS WHERE Variable_name IN ('Questions', 'Com_commit')")
        return {name: int(value) for name, value in cursor.fetchall()}


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], Counts]:
    """Count what an act sends to the server in a request of its own, pings included."""

    def cost(act: Callable[[], Any]) -> Counts:
        pings: list[Any] = []
        kind = type(connections["default"])
        monkeypatch.setattr(kind, "is_usable", lambda one: pings.append(one) or True)
        before = counters()
        connection.close_if_unusable_or_obsolete()
        act()
        after = counters()
        # Without the statement that counts.
        statements = after["Questions"] - before["Questions"] - 1 + len(pings)
        return {"statements": statements, "commits": after["Com_commit"] - before["Com_commit"]}

    return cost


@pytest.fixture
def at_work(anna: User, invoices: Queue, labels: Queue, add_task: AddTask) -> list[Task]:
    """Six tasks that wait in two queues of Anna's, one after the other."""
    labels.people.add(anna)
    return [add_task(queue, priority=n) for n in (1, 2, 3) for queue in (invoices, labels)]


@on_mariadb
def test_completing_and_getting_the_next_is_10_statements_and_one_commit(
    anna: User, at_work: list[Task], sign_in: SignIn, cost: Any
) -> None:
    client = sign_in(anna)
    for task in at_work[:3]:
        found = cost(lambda task=task: client.post(f"/taskcomplete/{task.pk}/"))
    assert Task.objects.held_by(anna).get(started_at__isnull=False) == at_work[3]
    assert found == {"statements": 10, "commits": 1}


@on_mariadb
def test_check_of_30_items_is_one_statement_more(
    anna: User, at_work: list[Task], invoices: Queue, labels: Queue, sign_in: SignIn, cost: Any
) -> None:
    keys = [f"item{n}" for n in range(30)]
    for queue in (invoices, labels):
        give_plan(queue, *({"key": key} for key in keys))
    client = sign_in(anna)
    sent = {"answers": dict.fromkeys(keys, "ok")}
    for task in at_work[:3]:
        address = f"/taskcomplete/{task.pk}/"
        found = cost(lambda address=address: client.post(address, sent, format="json"))
    assert Answer.objects.filter(task=at_work[2]).count() == 30
    assert found == {"statements": 11, "commits": 1}


@on_mariadb
def test_defects_are_three_statements_more(
    anna: User, at_work: list[Task], invoices: Queue, labels: Queue, sign_in: SignIn, cost: Any
) -> None:
    DefectCode.objects.create(code="SCR", name="Scratch")
    DefectCode.objects.create(code="DNT", name="Dent")
    for queue in (invoices, labels):
        give_plan(queue, {"key": "lid", "critical": True})
    client = sign_in(anna)
    sent = {"answers": {"lid": "not_ok"}, "defects": [{"code": "SCR"}, {"code": "DNT"}]}
    for task in at_work[:3]:
        address = f"/taskcomplete/{task.pk}/"
        found = cost(lambda address=address: client.post(address, sent, format="json"))
    assert Defect.objects.filter(task=at_work[2]).count() == 2
    assert found == {"statements": 14, "commits": 1}


@on_mariadb
def test_completing_on_the_page_is_20_statements_and_one_commit(
    anna: User, at_work: list[Task], cost: Any
) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(anna)
    for task in at_work[:3]:
        address = reverse("admin:my_work_complete", args=[task.pk])
        sent = {"outcome": "passed", "notes": "", "version": 0, "held": task.pk}
        found = cost(lambda address=address, sent=sent: client.post(address, sent))
    assert Task.objects.held_by(anna).get() == at_work[3]
    assert found == {"statements": 20, "commits": 1}


@on_mariadb
def test_signing_in_with_a_task_is_40_statements_and_4_commits(
    anna: User, ben: User, at_work: list[Task], api_client: APIClient, cost: Any
) -> None:
    at_work[0].queue.people.add(ben)
    credentials = [{"username": one.username, "password": "demo"} for one in (anna, ben)]
    found = [cost(lambda sent=sent: api_client.post("/login/", sent)) for sent in credentials]
    assert Task.objects.held_by(ben).count() == 1
    # The first one prepares what all others find prepared.
    assert found[1] == {"statements": 40, "commits": 4}


def test_token_is_read_with_its_person_and_rights_as_one_statement(
    anna: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        AuthToken.objects.create(anna)
    client = sign_in(anna)
    with django_assert_num_queries(1):
        assert client.put("/dashbord/").status_code == 405


def test_call_after_the_scheduler_sent_somebody_away_is_answered_with_what_they_get(
    anna: User, at_work: list[Task], sign_in: SignIn
) -> None:
    client = sign_in(anna)
    presence.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    me = client.get("/dashbord/").json()["me"]
    assert [task["id"] for task in me["tasks"]] == [at_work[0].pk]
