"""Another queue, priority or due time for selected tasks, or for all that match."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import BulkChange, Priority, Queue, Task, User
from qc.work import bulk_changes
from tests.admin.conftest import signed_in
from tests.admin.test_bulk_actions import LIST, ask, carry_on
from tests.admin.test_task_page import save

ANSWERED = {"_form_submitted": "True", "reason": "new contract"}


@pytest.fixture
def tasks(invoices: Queue, labels: Queue, add_task: Callable[..., Task]) -> list[Task]:
    """Five in Invoices, two in Labels."""
    return [*(add_task(invoices) for _ in range(5)), *(add_task(labels) for _ in range(2))]


def change_all(client: Client, action: str, query: str = "", **answers: Any) -> BulkChange:
    """Answer the question for all that match, and carry the change on to its end."""
    answer = ask(client, action, query, **ANSWERED, **answers)
    change = BulkChange.objects.latest("pk")
    assert answer.url == reverse("admin:qc_task_bulk", args=[change.pk])
    while not change.is_over:
        carry_on(client, change, change.position)
    return change


def change_selected(client: Client, action: str, *tasks: Task, **answers: Any) -> Any:
    sent = {"action": action, "_selected_action": [task.pk for task in tasks]}
    return client.post(reverse(LIST), sent | ANSWERED | answers, follow=True)


def test_all_that_match_move_to_a_queue_with_one_row_each(
    mona_client: Client, mona: User, tasks: list[Task], invoices: Queue, labels: Queue
) -> None:
    query = f"?queue__id__exact={invoices.pk}"
    change = change_all(mona_client, "move_selected", query, queue=labels.pk)
    assert (change.total, change.changed, change.refused) == (5, 5, 0)
    assert Task.objects.filter(queue=labels).count() == 7
    rows = Task.history.filter(kind="moved").values_list("history_user", "history_change_reason")
    assert list(rows) == [(mona.pk, "new contract")] * 5
    page = mona_client.get(reverse("admin:qc_task_bulk", args=[change.pk])).content.decode()
    assert "Queue: Labels" in page
    assert list(invariants.broken()) == []


def test_moved_tasks_go_to_people_of_the_new_queue(
    mona_client: Client, tasks: list[Task], invoices: Queue, carla: User
) -> None:
    signed_in(carla)
    labels = carla.queues.get()
    change_all(mona_client, "move_selected", f"?queue__id__exact={invoices.pk}", queue=labels.pk)
    assert Task.objects.held_by(carla).count() == 1


def test_tasks_that_have_the_value_already_are_not_counted(
    mona_client: Client, tasks: list[Task], labels: Queue
) -> None:
    assert change_all(mona_client, "move_selected", queue=labels.pk).total == 5
    urgent = change_all(mona_client, "priority_selected", priority=1)
    assert (urgent.total, urgent.changed) == (7, 7)
    assert change_all(mona_client, "priority_selected", priority=1).total == 0
    assert Task.history.filter(kind="priority set").count() == 7


def test_question_says_which_tasks_it_is_about(mona_client: Client, tasks: list[Task]) -> None:
    page = " ".join(ask(mona_client, "due_selected").content.decode().split())
    assert "This changes 7 tasks:" in page
    assert "those that are waiting, assigned or on hold" in page
    assert 'type="datetime-local"' in page


def test_due_time_is_read_in_the_user_s_own_time_zone(
    mona_client: Client, mona: User, tasks: list[Task]
) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone="Asia/Tokyo")
    change = change_all(mona_client, "due_selected", due_at="2030-05-04T14:30")
    due = datetime(2030, 5, 4, 5, 30, tzinfo=UTC)
    assert set(Task.objects.values_list("due_at", "raise_at")) == {(due, due)}
    page = mona_client.get(reverse("admin:qc_task_bulk", args=[change.pk])).content.decode()
    assert "Due: 04 May 2030 14:30" in page


@pytest.mark.parametrize(
    ("action", "answers"),
    [("priority_selected", {"priority": 2}), ("due_selected", {"due_at": "2030-05-04T14:30"})],
)
def test_selected_tasks_are_changed_at_once(
    mona_client: Client, tasks: list[Task], action: str, answers: dict[str, Any]
) -> None:
    page = change_selected(mona_client, action, *tasks[:3], **answers)
    assert "3 tasks changed." in page.content.decode()
    assert Task.history.filter(kind__in=("priority set", "due set")).count() == 3


def test_selected_tasks_that_have_the_value_already_are_not_counted(
    mona_client: Client, tasks: list[Task], labels: Queue
) -> None:
    first, last = tasks[0], tasks[-1]
    page = change_selected(mona_client, "move_selected", first, last, queue=labels.pk)
    assert "1 task changed." in page.content.decode()
    page = change_selected(mona_client, "move_selected", first, last, queue=labels.pk)
    assert "the tasks have this value already" in page.content.decode()


@pytest.mark.parametrize("action", ["move_selected", "priority_selected", "due_selected"])
def test_without_a_value_or_a_reason_nothing_is_changed(
    mona_client: Client, tasks: list[Task], action: str
) -> None:
    values = {"queue": "", "priority": "", "due_at": "", "reason": ""}
    answer = change_selected(mona_client, action, tasks[0], **values)
    assert answer.content.decode().count("This field is required") == 2
    assert not Task.history.filter(kind__in=("moved", "priority set", "due set")).exists()


def test_closed_queue_can_t_be_chosen(
    mona_client: Client, tasks: list[Task], labels: Queue
) -> None:
    returns = Queue.objects.create(name="Returns", is_closed=True)
    assert "Returns" not in ask(mona_client, "move_selected").content.decode()
    answer = change_selected(mona_client, "move_selected", tasks[0], queue=returns.pk)
    assert "This queue is closed." in answer.content.decode()


def test_queue_closed_while_a_change_runs_refuses_the_rest(
    mona_client: Client, mona: User, tasks: list[Task], labels: Queue, monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "BATCH", 2)
    how = {"by": mona, "reason": "pile", "queue_id": labels.pk}
    change = bulk_changes.begin("move", Task.objects.all(), **how)
    carry_on(mona_client, change, 0)
    Queue.objects.filter(pk=labels.pk).update(is_closed=True)
    carry_on(mona_client, change, 2)
    assert (change.changed, change.refused) == (2, 2)
    assert "Choose one of: Invoices" in change.refusals[0]


def test_auditor_is_refused(otto_client: Client, tasks: list[Task], labels: Queue) -> None:
    change_selected(otto_client, "move_selected", tasks[0], queue=labels.pk)
    assert not Task.history.filter(kind="moved").exists()


def test_priority_edited_on_the_task_page_is_an_original_one(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    Task.objects.filter(pk=task.pk).update(priority=Priority.P2, raised=1)
    save(mona_client, task, priority=Priority.P4)
    assert (task.priority, task.raised) == (Priority.P4, 0)
    save(mona_client, task, name="Another name")
    assert (task.priority, task.raised, task.raise_at) == (Priority.P4, 0, task.due_at)
