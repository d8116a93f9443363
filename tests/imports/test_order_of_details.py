"""The columns of the sender's file keep their order, wherever they are shown or sent on.

They are chosen so that no database's own order of keys is theirs: MySQL's JSON type would sort them
by length. `tests/as_mysql.py` plays that.
"""

import csv
import io
import json
import re

import pytest
from django.test import Client

from qc.models import Queue, Task, User
from tests.admin.conftest import change
from tests.exports.test_exports import CSV, JSON, exported_file
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

NAMES = ["Zone of the shelf", "b", "Aisle", "a", "supplier", "Ä"]
WIDE = 2**70


@pytest.fixture
def task(mona: User, invoices: Queue) -> Task:
    head = ",".join(["reference", "name", "queue", *NAMES])
    import_file(f"{head}\nA-1,Check,Invoices,{','.join('123456')}\n", by=mona)
    return Task.objects.get()


def test_task_and_its_history_have_the_columns_in_the_order_of_the_file(task: Task) -> None:
    assert list(task.details) == NAMES
    assert list(task.history.get().details) == NAMES


def test_edited_columns_keep_the_order_of_the_form(mona: User, task: Task) -> None:
    task.details = {"z": 1, "aa": WIDE, "b": 2}
    task.save()
    assert list(Task.objects.get().details.items()) == [("z", 1), ("aa", WIDE), ("b", 2)]
    assert list(task.history.latest().details) == ["z", "aa", "b"]


def test_page_shows_the_columns_in_the_order_of_the_file(mona: User, task: Task) -> None:
    client = Client()
    client.force_login(mona)
    page = client.get(change(task)).content.decode()
    names = re.findall(r'<input[^>]* name="details-\d+-name"[^>]*>', page)
    shown = [found[1] for one in names if (found := re.search(r'value="([^"]+)"', one))]
    assert shown == NAMES


def test_exports_have_the_columns_in_the_order_of_the_file(mona: User, task: Task) -> None:
    head = next(csv.reader(io.StringIO(exported_file(mona, CSV).decode("utf-8-sig"))))
    assert [name for name in head if name in NAMES] == NAMES
    (sent,) = json.loads(exported_file(mona, JSON))
    assert list(sent["details"]) == NAMES


def test_api_answers_with_the_columns_in_the_order_of_the_file(anna: User, task: Task) -> None:
    client = Client()
    credentials = {"username": "anna", "password": "demo"}
    answer = client.post("/login/", credentials, content_type="application/json").json()
    assert list(answer["tasks"][0]["details"]) == NAMES
