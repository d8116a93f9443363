"""Nodes that are killed: work goes on at the others, and nothing is lost or done twice.

The last one has no majority: it refuses everything (error 1047), which people and programs read as
a database that is away, until somebody says that it is the cluster now.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from threading import Event

import pytest
from django.db import connection
from django.test import Client

from qc.audit import invariants
from qc.core.exceptions import Busy
from qc.core.transactions import DATABASE_AWAY
from qc.models import Status, Task, User
from qc.work import actions, sweep
from tests import galera
from tests.galera import Cluster, caught_up
from tests.servers import Server
from tests.threads import at_once
from tests.waiting import until

pytestmark = pytest.mark.django_db

PEOPLE, TASKS = 6, 150


def work(one: User, nodes: list[Server], is_left: Callable[[], bool]) -> None:
    """Complete tasks until none is left; go to the next node where one does not answer."""
    deadline = time.monotonic() + 40
    around = cycle(nodes)
    while is_left_at(next(around), one, is_left):
        assert time.monotonic() < deadline, "the work does not end"


def is_left_at(node: Server, one: User, is_left: Callable[[], bool]) -> bool:
    """Work at a node; return whether it went away before all was done."""
    try:
        with galera.connected(node, wsrep_sync_wait=1):
            work_at_node(one, is_left)
    except (*DATABASE_AWAY, Busy):
        Event().wait(0.2)
        return True
    return False


def work_at_node(one: User, is_left: Callable[[], bool]) -> None:
    actions.sign_in(one.pk)
    while is_left():
        for task in Task.objects.held_by(one):
            actions.complete(task.pk, by=one)


def test_killed_node_costs_no_task_and_the_last_one_says_that_it_is_away(
    at_node: Cluster, staff: Callable[[int], list[User]], pile: Callable[[int], list[Task]]
) -> None:
    first, second, third = at_node.nodes
    people, tasks = staff(PEOPLE), pile(TASKS)
    caught_up(at_node)
    done = Task.objects.filter(pk__in=[task.pk for task in tasks], status=Status.COMPLETED)

    def kill_third() -> None:
        with galera.connected(first):
            until(lambda: done.count() > TASKS // 4, within=60)
        third.kill()

    def sweeps() -> None:
        with galera.connected(second, wsrep_sync_wait=1):
            while done.count() < TASKS:
                with suppress(*DATABASE_AWAY, Busy):
                    sweep.sweep()
                Event().wait(0.2)

    acts = [
        lambda one=one, n=n: work(
            one, at_node.nodes[n % 3 :] + at_node.nodes, lambda: done.count() < TASKS
        )
        for n, one in enumerate(people)
    ]
    assert at_once(*acts, kill_third, sweeps) == [None] * (PEOPLE + 2)
    assert done.count() == TASKS
    rows = Task.history.filter(kind="completed", id__in=[task.pk for task in tasks])
    assert set(Counter(rows.values_list("id", flat=True)).values()) == {1}
    assert list(invariants.broken()) == []
    assert at_node.sizes() == ["2", "2"]

    second.kill()
    until(lambda: not galera.ready(first.port), within=30)
    with pytest.raises(DATABASE_AWAY) as refusal:
        Task.objects.count()
    assert refusal.value.args[0] == 1047
    page = Client(raise_request_exception=False).get(
        "/admin/my-work/", headers={"cookie": f"sessionid={'a' * 32}"}
    )
    answer = Client(raise_request_exception=False).post(
        "/login/", {"username": people[0].username, "password": "demo"}
    )
    assert (page.status_code, answer.status_code) == (503, 503)
    assert "The database can" in page.content.decode()
    assert answer.json()["detail"].startswith("The database can")

    galera.run(first, "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'", database="")
    until(lambda: galera.ready(first.port), within=30)
    connection.close()
    assert done.count() == TASKS
