"""The shape of *Floor*: what stands where, for few people and for many, and what dialogs name."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import act, signed_in
from tests.admin.crowds import crowd
from tests.databases import on_sqlite
from tests.work.test_claim_cost import fill

pytestmark = [pytest.mark.django_db, on_sqlite]

FLOOR = "/admin/floor/"
PEOPLE = "/admin/qc/user/"


def html(client: Client, address: str = FLOOR, **query: Any) -> str:
    return client.get(address, query).content.decode()


def listed(client: Client, presence: str) -> list[User]:
    return list(client.get(PEOPLE, {"presence": presence}).context["cl"].queryset)


def test_queues_stand_above_people(mona_client: Client, invoices: Queue) -> None:
    page = html(mona_client)
    assert page.index('id="queues-title"') < page.index('id="people-title"')


@pytest.mark.parametrize(("n", "is_dense"), [(12, False), (13, True)])
def test_people_are_rows_where_they_are_too_many_for_cards(
    mona_client: Client, invoices: Queue, n: int, is_dense: bool
) -> None:
    crowd(n, invoices)
    assert ('class="qc-cards qc-dense"' in html(mona_client)) is is_dense


def test_age_of_a_long_queue_is_shown_and_not_its_html(
    mona_client: Client, invoices: Queue
) -> None:
    fill(invoices, 1100)
    page = html(mona_client)
    assert "or longer" in page
    assert "&lt;span" not in page


def test_queue_that_is_open_to_all_has_everybody_who_is_there(
    mona_client: Client, anna: User, carla: User, otto: User, mona: User
) -> None:
    everybodys = Queue.objects.create(name="Post", target=timedelta(hours=1), open_to_all=True)
    signed_in(anna, carla, otto, mona)
    rows = mona_client.get(FLOOR).context["state"].queues
    assert next(row for row in rows if row.queue == everybodys).there == 2


class TestWhoIsFree:
    def test_administrators_and_managers_who_get_no_tasks_are_neither_free_nor_busy(
        self, root_client: Client, root: User, mona: User, otto: User, anna: User
    ) -> None:
        signed_in(root, mona, otto, anna)
        assert listed(root_client, "free") == [anna]
        assert listed(root_client, "busy") == []

    def test_their_presence_is_that_they_are_signed_in(
        self, root_client: Client, root: User, anna: User
    ) -> None:
        signed_in(root)
        page = html(root_client, PEOPLE, presence="in")
        assert "signed in" in page
        assert ">free<" not in page.replace("\n", "").replace(" ", "")

    def test_manager_on_a_queue_is_free(
        self, root_client: Client, mona: User, invoices: Queue
    ) -> None:
        invoices.people.add(mona)
        signed_in(mona)
        assert listed(root_client, "free") == [mona]


class TestDialogs:
    @pytest.fixture
    def task(self, anna: User, invoices: Queue, add_task: Any) -> Task:
        task: Task = add_task(invoices, name="Invoice of <Meyer>")
        actions.sign_in(anna.pk)
        return task

    def test_dialog_of_a_task_names_its_queue_and_its_holder(
        self, mona_client: Client, task: Task
    ) -> None:
        page = html(mona_client, act(task, "assign_task"))
        for words in ("QD-0001 Invoice of &lt;Meyer&gt;", "Invoices", "assigned to anna"):
            assert words in page

    def test_dialog_of_a_person_names_their_tasks_and_queues(
        self, mona_client: Client, task: Task, anna: User
    ) -> None:
        User.objects.filter(pk=anna.pk).update(first_name="Anna", last_name="Ames")
        page = html(mona_client, act(anna, "sign_out"))
        for words in ("Anna Ames (anna)", "has QD-0001 Invoice of &lt;Meyer&gt; (Invoices)"):
            assert words in page

    def test_dialog_of_a_queue_names_it(self, mona_client: Client, invoices: Queue) -> None:
        page = html(mona_client, act(invoices, "pause"))
        assert "<strong" in page
        assert "Invoices" in page

    def test_dialog_names_nothing_to_whom_it_is_closed(
        self, otto_client: Client, task: Task
    ) -> None:
        answer = otto_client.get(act(task, "assign_task"))
        assert answer.status_code == 403
        assert "Meyer" not in answer.content.decode()
