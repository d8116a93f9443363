"""A page of the task list reads as many rows however many tasks there are."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from qc.admin.tasks.changelist import MOST_COUNTED
from qc.core.keyset import MOST
from qc.models import Task, User
from tests.admin.crowds import twenty_queues_and_a_hundred_people
from tests.databases import on_mariadb
from tests.work.test_claim_cost import rows_touched

LIST = "admin:qc_task_changelist"
TASKS = 200_000
ROWS_READ_PER_ROW_SHOWN = 20

# Each filter by itself, and those that people put together.
FILTERS = [
    "",
    "status__exact=pending",
    "status__exact=on_hold",
    "status__exact=assigned",
    "status__exact=completed",
    "status__exact=cancelled",
    "queue__id__exact={queue}",
    "queue__id__exact={queue}&status__exact=pending",
    "queue__id__exact={queue}&status__exact=pending&priority__exact=3",
    "queue__id__exact={queue}&status__exact=completed",
    "priority__exact=2",
    "assignee__id__exact={person}",
    "assignee__id__exact={person}&status__exact=completed",
    "late=yes",
    "late=no",
    "late=open",
    "late=yes&queue__id__exact={queue}",
    "created_at_from={day}&created_at_to={day}",
    "completed_at_from={day}&completed_at_to={day}",
    "completed_at_from={day}&queue__id__exact={queue}",
    "completed_at_from={day}&assignee__id__exact={person}",
    "q=inv-01",
    "outcome__exact=passed",
    "outcome__exact=passed&assignee__id__exact={person}",
    "o=reference",
    "o=-priority",
    "o=due",
    "o=-due&status__exact=completed",
    "o=age&queue__id__exact={queue}",
]
# Counted to the limit, in one range of an index and in many.
COUNTED = ["", "status__exact=completed", "outcome__exact=passed", "late=yes"]
# What no index has whole is looked for in a bounded number only.
BOUNDED = [
    "q=no such name",
    "priority__exact=1&status__exact=assigned",
    "q=inv-0&status__exact=on_hold",
    "created_at_to={day}&status__exact=on_hold",
]


def fill(n: int) -> None:
    """A year's work: nine of ten completed, some cancelled, some on hold, the newest waiting."""
    moments = "IF(st = 'completed', at + INTERVAL 2 HOUR, NULL)"
    taken = "IF(st IN ('completed', 'assigned'), at + INTERVAL 1 HOUR, NULL)"
    twenty_queues_and_a_hundred_people()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO qc_task (reference, name, queue_id, priority, due_at, raise_at,"
            " instructions, link, details, status, assignee_id, slot, assigned_at, started_at,"
            " completed_at, outcome, notes, draft, created_at) "
            "SELECT CONCAT(ELT(1 + MOD(seq, 3), 'INV', 'LAB', 'ORD'), '-', LPAD(seq, 7, '0')),"
            " CONCAT('Check ', seq), 1 + MOD(seq, 20), 1 + MOD(seq DIV 20, 4),"
            " at + INTERVAL 1 DAY, at + INTERVAL 1 DAY, '', '', '{}', st,"
            " IF(st IN ('completed', 'assigned'), 1001 + MOD(seq, 100), NULL),"
            f" IF(st = 'assigned', 1, NULL), {taken}, {taken}, {moments},"
            " IF(st = 'completed', 'passed', ''), '', '', at "
            "FROM (SELECT seq, NOW(6) - INTERVAL (%s - seq) * 6 SECOND AS at,"
            " CASE WHEN seq > %s THEN 'assigned' WHEN MOD(seq, 50) = 0 THEN 'cancelled'"
            " WHEN MOD(seq, 51) = 0 AND seq > %s THEN 'on_hold'"
            f" WHEN seq > %s THEN 'pending' ELSE 'completed' END AS st FROM seq_1_to_{n}) AS each_",
            [n, n - 80, n * 0.5, n * 0.8],
        )
        cursor.execute("ANALYZE TABLE qc_task")


def cost(client: Client, query: str) -> tuple[Any, int]:
    """Return the list behind an address, and how many rows were read for it."""
    pages: list[Any] = []
    read = rows_touched(lambda: pages.append(client.get(reverse(LIST) + query)))
    return pages[0].context["cl"], read


def clicked(user: User, query: str, times: int) -> str:
    """Return the address of the page so many clicks further down; "" where there is none."""
    for _ in range(times):
        request = RequestFactory().get(reverse(LIST) + query)
        request.user = user
        query = site._registry[Task].get_changelist_instance(request).older_link
        if not query:
            break
    return query


def named(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DATE(created_at) FROM qc_task WHERE id = (SELECT MIN(id) FROM qc_task) + %s",
            [TASKS // 2],
        )
        return "?" + query.format(queue=7, person=1007, day=cursor.fetchone()[0])


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_first_and_tenth_and_filtered_pages_read_20_rows_for_one_that_they_show(
    mona: User, sign_in_client: Any, monkeypatch: Any
) -> None:
    fill(TASKS)
    client = sign_in_client(mona)
    cost(client, "")  # what is read once only
    for query in COUNTED:
        cl, read = cost(client, f"?{query}")
        assert cl.more_than == MOST_COUNTED, query
        # In the index, and in the table of which the database counts them.
        assert read <= 2 * MOST_COUNTED + ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
    monkeypatch.setattr("qc.admin.tasks.changelist.MOST_COUNTED", 0)
    for query in map(named, FILTERS):
        cl, read = cost(client, query)
        assert len(cl.result_list) >= 50, query
        assert read <= ROWS_READ_PER_ROW_SHOWN * len(cl.result_list), (query, read)
        tenth = clicked(mona, query, 9)
        assert tenth or "assigned" in query, query
        cl, read = cost(client, tenth)
        assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
        if tenth:
            cl, read = cost(client, cl.newer_link)
        assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
    for query in map(named, BOUNDED):
        cl, read = cost(client, query)
        assert read <= 3 * MOST, (query, read)
