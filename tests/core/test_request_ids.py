"""Request ids in responses, log lines and history rows."""

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
def mona_client(mona: User) -> Client:
    client = Client()
    client.force_login(mona)
    return client


def test_response_has_the_request_id_it_received(client: Client, db: None) -> None:
    answer = client.get("/admin/login/", headers={"X-Request-ID": "proxy-17.a_b"})
    assert answer["X-Request-ID"] == "proxy-17.a_b"


@pytest.mark.parametrize("received", ["", "x" * 65, "a b", "a\tb", "é", "<script>"])
def test_missing_or_malformed_request_id_is_replaced(
    client: Client, db: None, received: str
) -> None:
    made = [
        client.get("/admin/login/", headers={"X-Request-ID": received})["X-Request-ID"]
        for _ in range(2)
    ]
    assert made[0] != made[1]
    assert all(len(one) == 32 for one in made)


def test_all_history_rows_of_a_request_have_its_id(
    mona_client: Client, anna: User, invoices: Queue, add_task: Any
) -> None:
    first, _second = add_task(invoices), add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    form = {"_form_submitted": "True", "reason": "drawing is wrong"}
    mona_client.post(act(first, "hold_task"), form, headers={"X-Request-ID": "r-1"})
    kinds = Task.history.filter(request_id="r-1").order_by("history_id")
    # Held by one statement, the next handed out by another.
    assert list(kinds.values_list("kind", flat=True)) == ["held", "assigned"]
    row = kinds[0]
    page = mona_client.get(reverse("admin:trail_row", args=["task", row.pk])).content.decode()
    assert "request=r-1" in page
    assert not Task.history.filter(kind="assigned", request_id="").exclude(id=first.pk).exists()


def test_history_rows_of_a_job_have_the_job_id(anna: User, invoices: Queue, add_task: Any) -> None:
    signed_in(anna)
    task = add_task(invoices)
    with request_id("outer"):
        result = tasks.sweep.apply(task_id="job-5")
        invoices.save()
    assert result.successful()
    assert task.history.get(kind="assigned").request_id == "job-5"
    assert invoices.history.first().request_id == "outer"


def test_log_record_has_the_request_id() -> None:
    line = logging.makeLogRecord({"msg": "x"})
    with request_id("r-2"):
        assert RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "r-2"
    assert RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "-"


def test_log_record_of_django_has_the_request_id_after_the_response(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/nowhere/", headers={"X-Request-ID": "r-3"})
    (line,) = caplog.records
    RequestFilter().filter(line)
    assert line.__dict__["request_id"] == "r-3"
