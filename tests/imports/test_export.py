"""What is exported can be opened safely, and imports again unchanged."""

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from qc import desk
from qc.models import Queue, Task, User
from qc.resources import TaskResource
from tests.imports.files import bring, faults

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
AWKWARD = {
    "formula": "=1+1",
    "plus": "+49 30",
    "quoted": "'=x",
    "at": "@a",
    "plain": 'Ärger "1"',
    "=evil()": "x",
    "'-evil": "x",
    "Name": "named like a column of ours",
    "number": 5,
    "nothing": None,
    "blanks": " a ",
    "lines": "one\r\ntwo",
    "list": ["a", {"b": 1}],
}


def exported(user: User, form: str, query: str = "") -> bytes:
    client = Client()
    client.force_login(user)
    answer = client.post(reverse("admin:qc_task_export") + query, {"resource": "0", "format": form})
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize(("form", "name"), [("0", "t.csv"), ("1", "t.xlsx")])
def test_it_imports_again_unchanged(
    mona: User, invoices: Queue, labels: Queue, add_task: AddTask, form: str, name: str
) -> None:
    add_task(invoices, name="=HYPERLINK(1)", details=AWKWARD, instructions="one\r\ntwo ")
    add_task(labels, priority=1, link="https://x.example/1")
    data = exported(mona, form)
    before = list(Task.objects.values())
    result = bring(data, name, by=mona)
    assert (result.unchanged, faults(result), result.changed) == (2, [], 0)
    assert list(Task.objects.values()) == before


def test_no_cell_is_run_by_a_spreadsheet(mona: User, invoices: Queue, add_task: AddTask) -> None:
    add_task(invoices, name="=cmd|' /C calc'!A0", details=AWKWARD)
    cells = [cell for row in csv.reader(io.StringIO(exported(mona, "0").decode())) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    book = openpyxl.load_workbook(io.BytesIO(exported(mona, "1")))
    assert not [c for row in book.worksheets[0].iter_rows() for c in row if c.data_type == "f"]


def test_it_says_who_did_what(otto: User, anna: User, invoices: Queue, add_task: AddTask) -> None:
    task = add_task(invoices)
    desk.sign_in(anna.pk)
    desk.complete(task.pk, by=anna, outcome="failed", notes="seal broken")
    (row,) = csv.DictReader(io.StringIO(exported(otto, "0").decode()))
    state = (row["qc_person"], row["qc_outcome"], row["qc_notes"])
    assert state == ("anna", "failed", "seal broken")


@pytest.mark.parametrize("form", ["0", "1"])
def test_characters_that_no_spreadsheet_can_hold_are_left_out(
    mona: User, invoices: Queue, add_task: AddTask, form: str
) -> None:
    task = add_task(invoices, name="a\x01b\x0bc")
    name = {"0": "t.csv", "1": "t.xlsx"}[form]
    result = bring(exported(mona, form), name, by=mona, dry_run=True)
    assert [one["reference"] for one in result.shown["unchanged"]] == [task.reference]


def test_its_statements_do_not_grow_with_its_rows(
    anna: User, invoices: Queue, add_task: AddTask, django_assert_num_queries: Any
) -> None:
    for _ in range(20):
        add_task(invoices)
    desk.sign_in(anna.pk)
    while held := Task.objects.held_by(anna).first():
        desk.complete(held.pk, by=anna)
    with django_assert_num_queries(1):
        table = TaskResource().export()
    assert table["qc_person"] == ["anna"] * 20


def test_it_takes_the_list_as_it_is_filtered(
    mona: User, invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    add_task(invoices)
    label = add_task(labels)
    data = exported(mona, "0", f"?queue__id__exact={labels.pk}").decode()
    assert [row["reference"] for row in csv.DictReader(io.StringIO(data))] == [label.reference]


def test_qc_staff_may_not(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    assert client.get(reverse("admin:qc_task_export")).status_code == 403
