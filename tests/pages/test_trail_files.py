"""The audit trail as a file: what the page's filters find, whole, in words and in columns."""

import csv
import io
import json
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qc import desk, tables
from qc.models import Queue, Task, User
from tests.pages.conftest import signed_in

FILE = "/admin/trail/trail."


@pytest.fixture
def task(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna got and Mona put on hold, for a reason that a spreadsheet would run."""
    task = add_task(invoices, reference="INV-2231")
    signed_in(anna)
    desk.supply(anna.pk)
    desk.hold(task.pk, by=mona, reason="=1+1")
    return task


def rows(client: Client, asked: str = "") -> list[dict[str, str]]:
    answer: Any = client.get(f"{FILE}csv{asked}")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def lines(client: Client, asked: str = "") -> list[dict[str, Any]]:
    answer: Any = client.get(f"{FILE}jsonl{asked}")
    return [json.loads(line) for line in answer.getvalue().splitlines()]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize(("who", "status"), [("otto", 200), ("mona", 200), ("anna", 403)])
def test_auditors_and_managers_take_it_along(
    who: str, status: int, ending: str, request: Any, at_the_page_of: Any
) -> None:
    client = at_the_page_of(request.getfixturevalue(who))
    assert client.get(FILE + ending).status_code == status
    assert client.post(FILE + ending).status_code == (405 if status == 200 else 403)


def test_who_may_not_export_finds_no_button_and_no_file(
    otto: User, otto_at_the_desk: Client, task: Task
) -> None:
    assert (
        f'href="{FILE}csv?task=INV"'
        in otto_at_the_desk.get("/admin/trail/?task=INV").content.decode()
    )
    otto.groups.get().permissions.remove(otto.groups.get().permissions.get(codename="export_task"))
    assert FILE not in otto_at_the_desk.get("/admin/trail/").content.decode()
    assert otto_at_the_desk.get(f"{FILE}csv").status_code == 403


def test_a_row_is_its_parts_and_its_sentence(otto_at_the_desk: Client, task: Task) -> None:
    held = task.history.first()
    (row,) = rows(otto_at_the_desk, "?kind=held")
    assert row == {
        "moment": f"{held.history_date:%Y-%m-%dT%H:%M:%S.%f}Z",
        "table": "task",
        "kind": "held",
        "who": "mona",
        "whom": "anna",
        "task": "INV-2231",
        "queue": "Invoices",
        "through": held.through,
        "reason": "'=1+1",
        "request_id": held.request_id,
        "sentence": "mona took INV-2231 from anna and put it on hold: =1+1",
    }


def test_a_workbook_says_the_same_and_runs_nothing(otto_at_the_desk: Client, task: Task) -> None:
    answer: Any = otto_at_the_desk.get(f"{FILE}xlsx?task=INV")
    file = io.BytesIO(b"".join(answer.streaming_content))
    head, *told = (row.cells for row in tables.read(file, tables.XLSX))
    found = [dict(zip_longest(head, cells, fillvalue="")) for cells in told]
    assert found == rows(otto_at_the_desk, "?task=INV")
    assert "'=1+1" in [row["reason"] for row in found]


def test_what_no_workbook_can_hold_is_said_on_the_page(
    otto_at_the_desk: Client, task: Task, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.exports.MOST_ROWS", 2)
    answer: Any = otto_at_the_desk.get(f"{FILE}xlsx?task=INV", follow=True)
    assert answer.redirect_chain == [("/admin/trail/?task=INV", 302)]
    assert "A workbook has no room for so many rows." in answer.content.decode()


def test_json_lines_have_all_columns_of_the_row(otto_at_the_desk: Client, task: Task) -> None:
    held = task.history.first()
    (line,) = lines(otto_at_the_desk, "?kind=held")
    assert (line["who"], line["reason"]) == ("mona", "=1+1")
    kept = line["row"]
    assert (kept["history_id"], kept["status"], kept["details"]) == (held.pk, "on_hold", {})
    assert kept["history_date"] == line["moment"]


def test_it_is_whole_newest_first_however_many_pages_it_takes(
    otto_at_the_desk: Client, task: Task, monkeypatch: Any
) -> None:
    whole = lines(otto_at_the_desk)
    monkeypatch.setattr("qc.trail_export.ROWS", 2)
    again = lines(otto_at_the_desk)
    # The second file has the first export above it, and its own.
    assert [one["kind"] for one in again[:2]] == ["exported", "exported"]
    assert again[1:] == whole
    moments = [one["moment"] for one in whole]
    assert moments == sorted(moments, reverse=True)
    assert {one["table"] for one in whole} == {"task", "person", "queue", "event"}


def test_that_it_was_exported_is_in_the_trail(otto_at_the_desk: Client, task: Task) -> None:
    rows(otto_at_the_desk, "?task=inv")
    event = lines(otto_at_the_desk, "?kind=exported")[1]
    assert event["sentence"] == "otto exported the audit trail: task = inv"
    assert event["row"]["details"] == {"filters": {"task": "inv"}, "format": "csv"}


def test_what_can_t_be_asked_is_said_on_the_page(otto_at_the_desk: Client) -> None:
    answer: Any = otto_at_the_desk.get(f"{FILE}csv?person=nemo")
    assert answer.url == "/admin/trail/?person=nemo"


def test_who_stops_listening_leaves_nothing_open(
    otto_at_the_desk: Client, task: Task, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.trail_export.ROWS", 1)
    monkeypatch.setattr("qc.exports.BLOCK", 1)
    answer: Any = otto_at_the_desk.get(f"{FILE}jsonl")
    parts = iter(answer.streaming_content)
    with CaptureQueriesContext(connection) as statements:
        assert json.loads(next(parts))["kind"] == "exported"
    assert not [one for one in statements if "SAVEPOINT" in one["sql"] or "BEGIN" in one["sql"]]
    answer.close()
    assert list(parts) == []
