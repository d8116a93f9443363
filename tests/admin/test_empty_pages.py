"""Where nothing is yet, a page says what to do next, to whom it is to do."""

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


def test_the_first_step_is_a_queue(mona_at_the_desk: Client) -> None:
    for page in (TASKS, "admin:qc_queue_changelist", "admin:floor", "admin:imports"):
        shown = text(mona_at_the_desk, page)
        assert "Add a queue" in shown, page
        assert reverse("admin:qc_queue_add") in shown, page


def test_who_may_not_add_a_queue_is_only_told_that_there_is_none(
    mona: User, mona_at_the_desk: Client
) -> None:
    may = mona.groups.get().permissions
    may.remove(may.get(codename="add_queue"))
    shown = text(mona_at_the_desk, "admin:imports")
    assert "There is no queue yet." in shown
    assert "Add a queue" not in shown


def test_rows_are_refused_for_it(mona: User) -> None:
    record = import_file(good_rows(1), by=mona)
    assert [fault.message for fault in faults(record)] == ["There is no queue yet."]


def test_the_second_is_to_import_tasks(mona_at_the_desk: Client, invoices: Queue) -> None:
    shown = text(mona_at_the_desk, TASKS)
    assert "Import tasks from a CSV, XLSX or JSON file" in shown
    assert "Add a queue" not in shown
    assert "There is no queue yet." not in text(mona_at_the_desk, "admin:imports")


def test_who_can_do_neither_is_told_what_will_come(
    otto_at_the_desk: Client, invoices: Queue
) -> None:
    shown = text(otto_at_the_desk, TASKS)
    assert "They appear here as soon as a manager imports them" in shown
    assert "Add a task" not in shown


@pytest.mark.django_db
def test_who_is_on_no_queue_is_told_whom_to_ask(at_the_page_of: Any) -> None:
    nora = person("nora", Role.QC_STAFF)
    presence.sign_in(nora.pk)
    assert "Please ask a manager to add you to one." in text(at_the_page_of(nora), "admin:my_work")


def test_nobody_is_locked_out(root: User, at_the_page_of: Any) -> None:
    page = text(at_the_page_of(root), "admin:axes_accessattempt_changelist")
    assert "Nobody is locked out." in page
