"""How many statements the pages take that are open all day, and that more rows take no more."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.models import Queue, Task

# Two of each are the session and its user.
STATEMENTS = {
    "/admin/floor/": 13,
    "/admin/floor/panel/": 13,
    "/admin/floor/charts/": 2,
    "/admin/qc/task/": 8,
    "/admin/qc/queue/": 4,
    "/admin/qc/user/": 7,
    "/admin/imports/": 4,
    "/admin/reports/": 8,
    "/admin/reports/?by=day": 8,
    "/admin/trail/": 22,
    "/admin/floor-history/": 28,
    "/admin/status/": 15,
    "/admin/my-work/": 11,
}


def statements(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(("path", "number"), STATEMENTS.items())
def test_page_takes_few_statements_however_many_rows_it_has(
    path: str,
    number: int,
    sample_data: None,
    root_client: Client,
    invoices: Queue,
    add_task: Callable[..., Task],
) -> None:
    root_client.get(path)
    few = statements(root_client, path)
    for _ in range(20):
        add_task(invoices)
    assert statements(root_client, path) == few == number


def test_page_of_a_waiting_task_asks_once_why_it_waits(
    sample_data: None, root_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    path = reverse("admin:qc_task_change", args=[add_task(invoices).pk])
    root_client.get(path)
    assert statements(root_client, path) == 17
