"""Empty pages say what to do next, to those who may do it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Role, User
from qc.work import presence
from tests.conftest import person
from tests.imports.files import faults, import_file, some

TASKS = "admin:qc_task_changelist"


def text(client: Client, page: str) -> str:
    return client.get(reverse(page)).content.decode()


def test_empty_task_list_offers_to_add_a_queue_first(mona_at_the_desk: Client) -> None:
    for page in (TASKS, "admin:qc_queue_changelist", "admin:floor", "admin:imports"):
        shown = text(mona_at_the_desk, page)
        assert "Add a queue" in shown, page
        assert reverse("admin:qc_queue_add") in shown, page


def test_empty_task_list_offers_auditors_no_queue_to_add(
    mona: User, mona_at_the_desk: Client
) -> None:
    may = mona.groups.get().permissions
    may.remove(may.get(codename="add_queue"))
    shown = text(mona_at_the_desk, "admin:imports")
    assert "There is no queue yet." in shown
    assert "Add a queue" not in shown


def test_import_is_faulty_while_there_is_no_queue(mona: User) -> None:
    record = import_file(some(1), by=mona)
    assert [fault.message for fault in faults(record)] == ["There is no queue yet."]


def test_empty_task_list_with_a_queue_offers_the_import(
    mona_at_the_desk: Client, invoices: Queue
) -> None:
    shown = text(mona_at_the_desk, TASKS)
    assert "Import tasks from a CSV, XLSX or JSON file" in shown
    assert "Add a queue" not in shown
    assert "There is no queue yet." not in text(mona_at_the_desk, "admin:imports")


def test_empty_task_list_says_to_auditors_where_tasks_come_from(
    otto_at_the_desk: Client, invoices: Queue
) -> None:
    shown = text(otto_at_the_desk, TASKS)
    assert "They appear here as soon as a manager imports them" in shown
    assert "Add a task" not in shown


@pytest.mark.django_db
def test_my_work_says_whom_to_ask_for_a_queue(at_the_page_of: Any) -> None:
    nora = person("nora", Role.QC_STAFF)
    presence.sign_in(nora.pk)
    assert "Please ask a manager to add you to one." in text(at_the_page_of(nora), "admin:my_work")


def test_empty_list_of_lockouts_says_so(root: User, at_the_page_of: Any) -> None:
    page = text(at_the_page_of(root), "admin:axes_accessattempt_changelist")
    assert "Nobody is locked out." in page
