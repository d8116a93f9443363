"""Reworks on the pages: the dialog of a failed task, its chain, and the filter of the list."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Outcome, Purpose, Queue, Task, User
from qc.work import actions, rework
from tests.admin.conftest import act, change, signed_in
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
CONFIRMED = {"_form_submitted": "True"}


@pytest.fixture
def lot(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A lot that Anna checked, and that failed."""
    task = add_task(invoices, reference="LOT-1")
    actions.sign_in(anna.pk)
    actions.complete(task.pk, by=anna, outcome=Outcome.FAILED, notes="scratched")
    task.refresh_from_db()
    return task


class TestTaskPage:
    def test_manager_makes_a_rework_in_the_dialog(
        self, mona_client: Client, lot: Task, ben: User, labels: Queue
    ) -> None:
        signed_in(ben)
        answers = {
            "instructions": "Polish it.",
            "queue": labels.pk,
            "person": ben.pk,
            "due_at": "2030-05-04T10:00",
        }
        mona_client.post(act(lot, "rework_task"), CONFIRMED | answers)
        made = lot.followers.get()
        assert (made.instructions, made.queue, made.assignee) == ("Polish it.", labels, ben)
        assert made.due_at.isoformat().startswith("2030-05-04")

    def test_every_answer_may_be_left_out(self, mona_client: Client, lot: Task) -> None:
        mona_client.post(act(lot, "rework_task"), CONFIRMED)
        assert lot.followers.get().instructions == "scratched"

    def test_refusal_is_shown_in_the_dialog(self, mona_client: Client, lot: Task) -> None:
        max_ = User.objects.create_superuser("max")
        rework.make(lot.pk, by=max_)
        page = mona_client.post(act(lot, "rework_task"), CONFIRMED).content.decode()
        assert "LOT-1 has a rework already: LOT-1/R1, made by max" in page

    def test_action_is_offered_only_for_what_failed_and_has_none(
        self, mona_client: Client, lot: Task, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        def offers(task: Task) -> bool:
            return act(task, "rework_task") in mona_client.get(change(task)).content.decode()

        assert offers(lot)
        assert not offers(add_task(invoices))
        rework.make(lot.pk, by=mona)
        assert not offers(lot)

    def test_chain_is_shown_on_each_of_its_tasks(
        self, mona_client: Client, lot: Task, mona: User
    ) -> None:
        made = rework.make(lot.pk, by=mona)
        for task, other in ((lot, made), (made, lot)):
            page = mona_client.get(change(task)).content.decode()
            assert "Check, rework and reinspection" in page
            assert f'href="{change(other)}">{other.reference}' in page
            assert "failed, anna" in " ".join(page.split())


def test_list_is_filtered_by_purpose(mona_client: Client, lot: Task, mona: User) -> None:
    made = rework.make(lot.pk, by=mona)

    def listed(purpose: str) -> list[Any]:
        page = mona_client.get(reverse("admin:qc_task_changelist"), {"purpose": purpose})
        return list(page.context["cl"].result_list)

    assert listed("inspection") == [lot]
    assert listed(Purpose.REWORK) == [made]
    assert listed(Purpose.REINSPECTION) == []


class TestMyWork:
    def press(self, client: Client, task: Task, **sent: str) -> str:
        address = reverse("admin:my_work_rework", args=[task.pk])
        return client.post(address, sent, headers={"HX-Request": "true"}).content.decode()

    def page(self, client: Client) -> str:
        return client.get(reverse("admin:my_work")).content.decode()

    @pytest.fixture
    def at_bench(self, invoices: Queue, labels: Queue) -> None:
        """Invoices that fail are mended in the queue Labels."""
        Queue.objects.filter(pk=invoices.pk).update(rework_queue=labels)

    def test_checker_has_a_failed_task_reworked_beside_undo(
        self, sign_in_client: Any, anna: User, lot: Task, at_bench: None, labels: Queue
    ) -> None:
        client = sign_in_client(anna)
        assert "rework-dialog" in self.page(client)
        panel = self.press(client, lot, instructions="Polish it.")
        assert "LOT-1/R1 is made, in Labels." in panel
        assert "rework-dialog" not in panel
        made = lot.followers.get()
        assert (made.queue, made.instructions, made.created_by) == (labels, "Polish it.", anna)

    def test_nothing_is_offered_where_the_queue_names_no_place(
        self, sign_in_client: Any, anna: User, lot: Task
    ) -> None:
        client = sign_in_client(anna)
        assert "rework-dialog" not in self.page(client)
        assert "Only a manager may have LOT-1 reworked." in self.press(client, lot)
        assert not lot.followers.exists()

    def test_nothing_is_offered_for_what_passed(
        self, sign_in_client: Any, anna: User, invoices: Queue, add_task: AddTask, at_bench: None
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.complete(task.pk, by=anna)
        page = self.page(sign_in_client(anna))
        assert 'id="undo"' in page
        assert "rework-dialog" not in page

    def test_rework_shows_what_it_follows_from(
        self, sign_in_client: Any, anna: User, mona: User, lot: Task
    ) -> None:
        rework.make(lot.pk, by=mona, instructions="Polish it.")
        page = " ".join(self.page(sign_in_client(anna)).split())
        assert "LOT-1</strong>: failed, anna" in page
