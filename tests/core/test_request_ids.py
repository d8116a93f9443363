"""Each request and job has an id: in the answer, the log lines and the history rows."""

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc import tasks
from qc.core.request_id import RequestFilter, request_id
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import act, signed_in


@pytest.fixture
def at_the_desk(mona: User) -> Client:
    client = Client()
    client.force_login(mona)
    return client


def test_an_answer_bears_the_id_that_it_was_told(client: Client, db: None) -> None:
    answer = client.get("/admin/login/", headers={"X-Request-ID": "proxy-17.a_b"})
    assert answer["X-Request-ID"] == "proxy-17.a_b"


@pytest.mark.parametrize("told", ["", "x" * 65, "a b", "a\tb", "é", "<script>"])
def test_or_a_new_one_where_that_is_missing_or_not_sane(
    client: Client, db: None, told: str
) -> None:
    made = [
        client.get("/admin/login/", headers={"X-Request-ID": told})["X-Request-ID"]
        for _ in range(2)
    ]
    assert made[0] != made[1]
    assert all(len(one) == 32 for one in made)


def test_all_rows_of_one_request_bear_its_id(
    at_the_desk: Client, anna: User, invoices: Queue, add_task: Any
) -> None:
    first, _second = add_task(invoices), add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    asked = {"_form_submitted": "True", "reason": "drawing is wrong"}
    at_the_desk.post(act(first, "hold_task"), asked, headers={"X-Request-ID": "r-1"})
    kinds = Task.history.filter(request_id="r-1").order_by("history_id")
    # Held by one statement, the next handed out by another.
    assert list(kinds.values_list("kind", flat=True)) == ["held", "assigned"]
    row = kinds[0]
    page = at_the_desk.get(reverse("admin:trail_row", args=["task", row.pk])).content.decode()
    assert "request=r-1" in page
    assert not Task.history.filter(kind="assigned", request_id="").exclude(id=first.pk).exists()


def test_a_job_s_rows_bear_the_job_s_id(anna: User, invoices: Queue, add_task: Any) -> None:
    signed_in(anna)
    task = add_task(invoices)
    with request_id("outer"):
        result = tasks.sweep.apply(task_id="job-5")
        invoices.save()
    assert result.successful()
    assert task.history.get(kind="assigned").request_id == "job-5"
    assert invoices.history.first().request_id == "outer"


def test_log_lines_bear_it() -> None:
    line = logging.makeLogRecord({"msg": "x"})
    with request_id("r-2"):
        assert RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "r-2"
    assert RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "-"


def test_even_those_that_django_writes_when_the_answer_is_out(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/nowhere/", headers={"X-Request-ID": "r-3"})
    (line,) = caplog.records
    RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "r-3"
