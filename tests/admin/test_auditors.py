"""What auditors see on each page, and the history pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc import history
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import act, change, signed_in


def all_rows() -> dict[str, Any]:
    """Return all rows of our tables, without the columns that reading changes."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in apps.get_app_config("qc").get_models()
        if model is not User
    } | {
        "people": list(
            User.objects.order_by("pk").values("pk", "username", "is_active", "capacity")
        )
    }


@pytest.fixture
def held_task(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    task = add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    task.refresh_from_db()
    return task


def test_auditor_sees_every_page_without_buttons(
    otto_client: Client, held_task: Task, anna: User, invoices: Queue
) -> None:
    for item in (held_task, anna, invoices):
        page = otto_client.get(change(item))
        assert page.status_code == 200
        for button in ("_save", "_continue", "_addanother"):
            assert f'name="{button}"' not in page.content.decode()
        assert page.context["actions_detail"] == []
        assert "deletelink" not in page.content.decode()
        history_page = reverse(f"admin:qc_{item._meta.model_name}_history", args=[item.pk])
        assert otto_client.get(history_page).status_code == 200
        listed = otto_client.get(reverse(f"admin:qc_{item._meta.model_name}_changelist"))
        assert listed.status_code == 200
        assert reverse(f"admin:qc_{item._meta.model_name}_add") not in listed.content.decode()


def test_auditor_sees_no_password_hash(otto_client: Client, anna: User) -> None:
    page = otto_client.get(change(anna)).content.decode()
    assert anna.password not in page
    assert "password/" not in page


def test_qc_staff_see_no_history(anna: User, sign_in_client: Any, held_task: Task) -> None:
    url = reverse("admin:qc_task_history", args=[held_task.pk])
    assert sign_in_client(anna).get(url).status_code == 403


def test_old_version_can_t_be_saved_again(
    root: User, sign_in_client: Any, held_task: Task, mona: User
) -> None:
    first = held_task.history.last()
    url = reverse("admin:qc_task_simple_history", args=[held_task.pk, first.pk])
    clients = [sign_in_client(user) for user in (root, mona)]
    before = all_rows()
    for client in clients:
        assert client.get(url).status_code == 403
        assert client.post(url, {"name": "Old"}).status_code == 403
    assert all_rows() == before


def test_history_page_shows_who_when_why_channel_and_every_change(
    otto_client: Client, mona: User, mona_client: Client, held_task: Task
) -> None:
    answers = {"_form_submitted": "True", "reason": "drawing is wrong"}
    mona_client.post(act(held_task, "hold_task"), answers)
    page = otto_client.get(reverse("admin:qc_task_history", args=[held_task.pk]))
    text = " ".join(page.content.decode().split())
    for part in (
        "Put on hold",
        "by mona",
        "page",
        "drawing is wrong",
        "Status: assigned → on hold",
    ):
        assert part in text
    assert "Person: anna → –" in text
    assert "by the system" in text


def test_history_of_a_queue_shows_people_added_and_removed(
    otto_client: Client, invoices: Queue, anna: User, ben: User
) -> None:
    page = otto_client.get(reverse("admin:qc_queue_history", args=[invoices.pk]))
    assert "People: anna → anna, ben" in page.content.decode()


@pytest.mark.parametrize("model", ["task", "queue", "user"])
def test_long_history_needs_no_more_queries_than_a_short_one(
    otto_client: Client, held_task: Task, anna: User, invoices: Queue, model: str
) -> None:
    item: Any = {"task": held_task, "queue": invoices, "user": anna}[model]
    url = reverse(f"admin:qc_{model}_history", args=[item.pk])

    def change_often(times: int) -> None:
        for n in range(times):
            someone = User.objects.create_user(f"by{item.history.count()}")
            name = "first_name" if model == "user" else "name"
            setattr(item, name, f"New {n}")
            history.save(item, kind="", by=someone, reason="x", fields=[name])

    def queries_of_the_history() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert otto_client.get(url).status_code == 200
        return len(queries)

    change_often(3)
    queries_of_the_history()
    few = queries_of_the_history()
    change_often(40)
    assert queries_of_the_history() == few
