"""Assign, release, hold, resume, cancel, reopen: one at a time, and several with one reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Task, User
from qc.work import assignment, lifecycle
from tests.admin.conftest import act, change, signed_in

TRANSITIONS = ["assign", "release", "hold", "resume", "cancel", "reopen"]
BULK = ["assign_selected", "hold_selected", "resume_selected", "cancel_selected"]
CONFIRMED = {"_form_submitted": "True"}


def do(client: Client, task: Task, transition: str, **answers: Any) -> Any:
    answer = client.post(
        act(task, f"{transition}_task"), CONFIRMED | answers, headers={"HX-Request": "true"}
    )
    task.refresh_from_db()
    return answer


def offered(client: Client, task: Task) -> list[str]:
    page = client.get(change(task))
    return [one["path"].split("/")[-2] for one in page.context["actions_detail"]]


@pytest.fixture
def task(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    return add_task(invoices)


@pytest.fixture
def annas_task(task: Task, anna: User) -> Task:
    signed_in(anna)
    assignment.hand_out(anna.pk)
    task.refresh_from_db()
    return task


def test_hold_resume_cancel_reopen_each_leave_one_row(
    mona_client: Client, mona: User, task: Task
) -> None:
    for transition, kind, status in (
        ("hold", "held", "on_hold"),
        ("resume", "resumed", "pending"),
        ("cancel", "cancelled", "cancelled"),
        ("reopen", "reopened", "pending"),
    ):
        before = task.history.count()
        answer = do(mona_client, task, transition, reason="drawing is wrong")
        assert answer["HX-Redirect"] == change(task)
        row = task.history.first()
        assert task.status == status
        assert (row.kind, row.history_change_reason) == (kind, "drawing is wrong")
        assert (row.history_user, row.through) == (mona, "page")
        assert task.history.count() == before + 1


def test_manager_assigns_reassigns_and_takes_back_a_task(
    mona_client: Client, task: Task, anna: User, ben: User
) -> None:
    signed_in(ben)
    do(mona_client, task, "assign", person=ben.pk, reason="knows the supplier")
    assert task.assignee == ben
    signed_in(anna)
    do(mona_client, task, "assign", person=anna.pk, reason="ben leaves early")
    assert task.assignee == anna
    do(mona_client, task, "release", reason="wrong person")
    assert task.history.filter(kind="released").get().history_change_reason == "wrong person"


def test_hold_without_a_reason_is_refused(mona_client: Client, task: Task) -> None:
    for reason in ("", "   "):
        answer = do(mona_client, task, "hold", reason=reason)
        assert b"This field is required" in answer.content
    assert task.status == "pending"


def test_assign_dialog_offers_only_free_people(
    mona_client: Client, annas_task: Task, anna: User, ben: User, carla: User
) -> None:
    signed_in(carla)
    page = mona_client.get(act(annas_task, "assign_task")).content.decode()
    assert "carla, has 0 of 1 tasks" in page
    assert "anna, holds" not in page
    assert "ben, holds" not in page


def test_assign_dialog_refuses_a_person_who_is_no_longer_free(
    mona_client: Client, task: Task, ben: User
) -> None:
    answer = do(mona_client, task, "assign", person=ben.pk, reason="knows it")
    assert "This person is no longer free" in answer.content.decode()
    assert task.status == "pending"


def test_dialog_shows_why_a_transition_is_refused(
    mona_client: Client, mona: User, task: Task
) -> None:
    lifecycle.cancel(task.pk, by=mona, reason="duplicate")
    answer = do(mona_client, task, "hold", reason="wait")
    assert answer.status_code == 200
    assert "is cancelled. This cannot be done with it now" in answer.content.decode()
    assert "HX-Redirect" not in answer


def test_double_click_holds_a_task_once(mona_client: Client, task: Task) -> None:
    do(mona_client, task, "hold", reason="wait")
    assert "is on hold" in do(mona_client, task, "hold", reason="wait").content.decode()
    assert task.history.filter(kind="held").count() == 1


def test_task_page_offers_the_actions_that_its_status_allows(
    mona_client: Client, mona: User, otto_client: Client, annas_task: Task, anna: User
) -> None:
    client = mona_client
    assert offered(client, annas_task) == ["assign-task", "release-task", "hold-task"]
    lifecycle.hold(annas_task.pk, by=mona, reason="wait")
    assert offered(client, annas_task) == ["resume-task", "cancel-task"]
    lifecycle.cancel(annas_task.pk, by=mona, reason="duplicate")
    assert offered(client, annas_task) == ["reopen-task"]
    lifecycle.reopen(annas_task.pk, by=mona, reason="after all")
    waits = ["assign-task", "give-next-task", "hold-task", "cancel-task"]
    assert offered(client, annas_task) == waits
    assert offered(otto_client, annas_task) == []


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_opening_a_dialog_changes_nothing(
    mona_client: Client, annas_task: Task, transition: str
) -> None:
    before = (Task.objects.values().get(), Task.history.count())
    params = {"reason": "x", "person": annas_task.assignee_id, "_form_submitted": "True"}
    assert mona_client.get(act(annas_task, f"{transition}_task"), params).status_code == 200
    assert (Task.objects.values().get(), Task.history.count()) == before


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_only_a_manager_may_use_the_actions(
    anna: User, otto: User, sign_in_client: Any, annas_task: Task, transition: str
) -> None:
    before = Task.history.count()
    for user in (anna, otto):  # anna holds it: even so
        answer = do(sign_in_client(user), annas_task, transition, reason="mine", person=anna.pk)
        assert answer.status_code == 403
    answer = do(Client(), annas_task, transition, reason="mine")
    assert answer.headers["HX-Refresh"] == "true"  # which leads to the sign-in page
    assert Task.history.count() == before


def test_action_without_csrf_token_is_refused(mona: User, task: Task) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mona)
    assert do(client, task, "hold", reason="wait").status_code == 403
    assert task.status == "pending"


def test_action_on_an_unknown_task_is_not_found(mona_client: Client) -> None:
    for wrong in ("999", "abc"):
        url = reverse("admin:qc_task_hold_task", args=[wrong])
        assert mona_client.post(url, CONFIRMED | {"reason": "x"}).status_code == 404


def choose(client: Client, action: str, *tasks: Task, **answers: Any) -> Any:
    chosen = {"action": action, "_selected_action": [task.pk for task in tasks]}
    return client.post(reverse("admin:qc_task_changelist"), chosen | answers, follow=True)


def messages_of(answer: Any) -> list[str]:
    return [str(one) for one in answer.context["messages"]]


def test_selected_tasks_are_held_with_one_reason(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    tasks = [add_task(invoices) for _ in range(3)]
    page = choose(mona_client, "hold_selected", *tasks)
    assert "Hold selected tasks" in page.content.decode()
    assert Task.objects.filter(status="pending").count() == 3
    answer = choose(mona_client, "hold_selected", *tasks, reason="stocktaking", **CONFIRMED)
    assert messages_of(answer) == ["3 tasks changed."]
    reasons = Task.history.filter(kind="held").values_list("history_change_reason", flat=True)
    assert list(reasons) == ["stocktaking"] * 3


def test_refusals_of_selected_tasks_are_named(
    mona_client: Client, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    fine, cancelled = add_task(invoices), add_task(invoices)
    lifecycle.cancel(cancelled.pk, by=mona, reason="duplicate")
    answer = choose(mona_client, "cancel_selected", fine, cancelled, reason="x", **CONFIRMED)
    assert messages_of(answer) == [
        "1 task changed.",
        "QD-0002 is cancelled. This cannot be done with it now.",
    ]


def test_assigning_selected_tasks_stops_at_the_person_s_capacity(
    mona_client: Client, anna: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    tasks = [add_task(invoices) for _ in range(2)]
    signed_in(anna)
    answer = choose(
        mona_client, "assign_selected", *tasks, person=anna.pk, reason="hers", **CONFIRMED
    )
    assert messages_of(answer) == ["1 task changed.", "QD-0002: anna has 1 of 1 tasks."]


def test_holding_selected_tasks_does_not_assign_one_of_them_meanwhile(
    mona_client: Client, annas_task: Task, anna: User, invoices: Queue, add_task: Any
) -> None:
    other = add_task(invoices)
    choose(mona_client, "hold_selected", annas_task, other, reason="wait", **CONFIRMED)
    assert other.history.filter(kind="assigned").count() == 0
    assert Task.objects.filter(status="on_hold").count() == 2


@pytest.mark.parametrize("action", BULK)
def test_only_a_manager_may_change_selected_tasks(
    otto: User, anna: User, sign_in_client: Any, annas_task: Task, action: str
) -> None:
    before = Task.history.count()
    for user in (otto, anna):
        choose(sign_in_client(user), action, annas_task, reason="x", person=anna.pk, **CONFIRMED)
    assert Task.history.count() == before


@pytest.mark.parametrize("action", BULK)
def test_get_with_an_action_for_selected_tasks_changes_nothing(
    mona_client: Client, annas_task: Task, action: str
) -> None:
    before = Task.history.count()
    params = {"action": action, "_selected_action": annas_task.pk, "reason": "x"} | CONFIRMED
    mona_client.get(reverse("admin:qc_task_changelist"), params)
    assert Task.history.count() == before
