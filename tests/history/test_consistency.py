"""Objects that differ from their last history row are found, and logged each night."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import F

from qc import tasks
from qc.history import consistency
from qc.models import Queue, Task, User
from qc.work import actions

pytestmark = pytest.mark.django_db

CHANGED_COLUMNS: list[tuple[str, Any]] = [
    ("name", "CHECK 1"),
    ("priority", 1),
    ("due_at", F("due_at") + timedelta(microseconds=1)),
    ("raise_at", None),
    ("instructions", "new "),
    ("details", {"a": 2}),
    ("created_by", "anna"),
]


@pytest.fixture
def task(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    task = add_task(invoices, details={"a": 1})
    actions.sign_in(anna.pk)
    actions.release(task.pk, by=anna, reason="too dark")
    return task


def found() -> list[str]:
    return list(consistency.differing())


def test_undamaged_data_has_no_differences(task: Task) -> None:
    assert found() == []


@pytest.mark.parametrize(("column", "value"), CHANGED_COLUMNS)
def test_difference_in_any_column_is_found(task: Task, anna: User, column: str, value: Any) -> None:
    Task.objects.filter(pk=task.pk).update(**{column: anna if value == "anna" else value})
    name = Task._meta.get_field(column).attname
    assert found() == [f"{task.reference} differs from its last history row in {name}"]


def test_columns_without_history_are_ignored(task: Task, anna: User) -> None:
    Task.objects.filter(pk=task.pk).update(draft="typing")
    User.objects.filter(pk=anna.pk).update(last_seen_at=None, password="x")
    assert found() == []


def test_differing_roles_and_queue_members_are_found(
    task: Task, anna: User, mona: User, invoices: Queue
) -> None:
    User.groups.through.objects.filter(user=anna).delete()
    group = Group.objects.get(name="Auditors")
    User.groups.through.objects.create(user=mona, group=group)
    Queue.people.through.objects.create(queue=invoices, user=mona)
    assert found() == [
        "anna differs from its last history row in groups",
        "mona differs from its last history row in groups",
        "Invoices differs from its last history row in people",
    ]


def test_row_deleted_without_history_is_found(task: Task, labels: Queue) -> None:
    task.hand_backs.all().delete()
    Task.objects.filter(pk=task.pk)._raw_delete("default")
    assert found() == [
        f"{task.reference} is gone, but its history does not say that it was deleted"
    ]
    labels.delete()
    assert len(found()) == 1


def test_nightly_job_logs_differences_as_errors(
    task: Task, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tasks.prove()
    assert [record.levelname for record in caplog.records] == ["INFO"]
    Task.objects.filter(pk=task.pk).update(name="changed behind our back")
    tasks.prove()
    last = caplog.records[-1]
    assert last.levelname == "ERROR"
    assert f"{task.reference} differs from its last history row in name" in last.getMessage()
