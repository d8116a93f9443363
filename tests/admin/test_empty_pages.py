"""Empty pages say what to do next, to those who may do it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Role, User
from qc.work import presence
from tests.conftest import person
from tests.imports.files import faults, good_rows, import_file

TASKS = "admin:qc_task_changelist"


def text(client: Client, page: str) -> str:
    return client.get(reverse(page)).content.decode()


def test_empty_task_list_offers_to_add_a_queue_first(mona_client: Client) -> None:
    for page in (TASKS, "admin:qc_queue_changelist", "admin:floor", "admin:imports"):
        shown = text(mona_client, page)
        assert "Add a queue" in shown, page
        assert reverse("admin:qc_queue_add") in shown, page


def test_empty_task_list_offers_auditors_no_queue_to_add(mona: User, mona_client: Client) -> None:
    may = mona.groups.get().permissions
    may.remove(may.get(codename="add_queue"))
    shown = text(mona_client, "admin:imports")
    assert "There is no queue yet." in shown
    assert "Add a queue" not in shown


def test_import_is_faulty_while_there_is_no_queue(mona: User) -> None:
    record = import_file(good_rows(1), by=mona)
    assert [fault.message for fault in faults(record)] == ["There is no queue yet."]


def test_empty_task_list_with_a_queue_offers_the_import(
    mona_client: Client, invoices: Queue
) -> None:
    shown = text(mona_client, TASKS)
    assert "Import tasks from a CSV, XLSX or JSON file" in shown
    assert "Add a queue" not in shown
    assert "There is no queue yet." not in text(mona_client, "admin:imports")


def test_empty_task_list_says_to_auditors_where_tasks_come_from(
    otto_client: Client, invoices: Queue
) -> None:
    shown = text(otto_client, TASKS)
    assert "They appear here as soon as a manager imports them" in shown
    assert "Add a task" not in shown


@pytest.mark.django_db
def test_my_work_says_whom_to_ask_for_a_queue(sign_in_client: Any) -> None:
    nora = person("nora", Role.QC_STAFF)
    presence.sign_in(nora.pk)
    assert "Please ask a manager to add you to one." in text(sign_in_client(nora), "admin:my_work")


def test_empty_list_of_lockouts_says_so(root: User, sign_in_client: Any) -> None:
    page = text(sign_in_client(root), "admin:axes_accessattempt_changelist")
    assert "Nobody is locked out." in page
