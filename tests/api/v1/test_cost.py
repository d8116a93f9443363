"""What the calls about tasks cost: rows that are read, and statements."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from qc.models import DefectCode, Queue, Task, User
from tests.admin.test_task_list_cost import fill
from tests.databases import on_mariadb
from tests.work.test_claim_cost import rows_touched

pytestmark = [pytest.mark.django_db(transaction=True), on_mariadb]

TASKS = "/api/v1/tasks/"
FILTERS = [
    "",
    "status=pending",
    "status=completed",
    "status=assigned",
    "status=cancelled",
    "queue=7",
    "queue=7&status=pending",
    "queue=7&status=pending&priority=3",
    "queue=7&status=completed",
    "priority=2",
    "assignee=1007",
    "assignee=1007&status=completed",
    "outcome=passed",
    "outcome=passed&completed_after={day}",
    "completed_after={day}",
    "completed_before={day}&queue=7",
    "created_before={day}",
    "due_before={day}",
    "due_after={day}&status=pending",
    "reference_begins=inv-0",
    "search=inv-00",
    "updated_since=2026-01-01T00:00:00Z",
]
OF_LEVELS = "due_before={day}&queue=7&status=completed"
# Of 50 shown, in an index of the filter and in the table.
MOST_READ = 500


def too_much(client: APIClient, query: str, most: int) -> list[tuple[str, int]]:
    """Return what the first two pages of a query read, where that is too much."""
    found, address = [], f"{TASKS}?{query}"
    for _page in range(2):
        answers: list[Any] = []
        read = rows_touched(partial(lambda at, into: into.append(client.get(at)), address, answers))
        assert answers[0].status_code == 200, (query, answers[0].content)
        found += [(query, read)] if read > most else []
        if not (address := answers[0].json()["next"]):
            break
    return found


def test_page_of_50_of_20_000_tasks_reads_a_few_hundred_rows(mona: User, client_of: Any) -> None:
    fill(20_000)
    middle = Task.objects.order_by("pk").values_list("created_at", flat=True)[10_000]
    day = middle.isoformat().replace("+", "%2B")
    monas = client_of(mona)
    monas.get(TASKS)  # what is read once only
    found = [too_much(monas, query.format(day=day), MOST_READ) for query in FILTERS]
    # Of each of the ten levels of priority a page is read, in the order of their due times.
    found.append(too_much(monas, OF_LEVELS.format(day=day), 10 * MOST_READ))
    assert list(chain(*found)) == []


@pytest.mark.parametrize(
    "query",
    [
        "people/?active=true",
        "people/?active=false",
        "queues/?paused=true",
        "queues/?paused=false",
        "queues/?closed=true",
        "defect-codes/?active=false",
    ],
)
def test_lists_by_a_flag_read_the_rows_of_a_page(sign_in: Any, mona: User, query: str) -> None:
    rare = [n % 50 == 0 for n in range(1000)]
    User.objects.bulk_create(
        User(username=f"p{n}", is_active=not one) for n, one in enumerate(rare)
    )
    Queue.objects.bulk_create(
        Queue(name=f"Q{n}", is_paused=one, is_closed=one) for n, one in enumerate(rare)
    )
    DefectCode.objects.bulk_create(
        DefectCode(code=f"C{n}", name="Code", is_active=not one) for n, one in enumerate(rare)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE qc_user, qc_queue, qc_defectcode")
        cursor.fetchall()
    monas, answers = sign_in(mona), []
    address = f"/api/v1/{query}&limit=10"
    monas.get(address)  # what is read once only
    read = rows_touched(lambda: answers.append(monas.get(address)))
    assert len(answers[0].json()["results"]) == 10
    assert read < 200


@pytest.fixture
def cost() -> Callable[..., int]:
    """Return how many statements a call takes, what is prepared once aside."""

    def cost(act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as statements:
            answer = act()
        assert answer.status_code < 300, answer.content
        return len(statements)

    return cost


def test_statements_of_each_call_are_as_many_for_one_as_for_many(
    sign_in: Any, anna: User, mona: User, invoices: Queue, add_task: Any, cost: Any
) -> None:
    monas, annas = sign_in(mona), sign_in(anna)
    tasks = [add_task(invoices) for _ in range(6)]
    found: dict[str, list[int]] = {}

    def note(name: str, act: Callable[[], Any]) -> None:
        found.setdefault(name, []).append(cost(act))

    def post(client: APIClient, task: Task, name: str, **sent: Any) -> Callable[[], Any]:
        return lambda: client.post(f"{TASKS}{task.pk}/{name}/", sent)

    for n, task in enumerate(tasks[:2]):
        note("list", lambda: monas.get(TASKS))
        note("read", lambda task=task: monas.get(f"{TASKS}{task.pk}/"))
        note("claim", post(annas, task, "claim"))
        note("complete", post(annas, task, "complete"))
        sent = [
            {"reference": f"{n}-{i}", "name": "Lamp", "queue": "Invoices", "priority": 4}
            for i in range((1, 200)[n])
        ]
        note("create", lambda sent=sent: monas.post(TASKS, sent))
        key = {"Idempotency-Key": f"key-{n}"}
        note(
            "unchanged, with a key", lambda sent=sent, key=key: monas.post(TASKS, sent, headers=key)
        )
        note("hold", post(monas, tasks[4 + n], "hold", reason="Wait."))
        Task.objects.filter(assignee=anna, completed_at=None).update(
            assignee=None, slot=None, status="pending", assigned_at=None, started_at=None
        )
    assert {name: counts[1] for name, counts in found.items()} == {
        "list": 3,
        "read": 3,
        "claim": 20,
        "complete": 12,
        "create": 22,
        "unchanged, with a key": 11,
        "hold": 10,
    }
