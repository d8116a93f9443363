"""A removed file is deleted; its row stays, and the trail says who removed it and why."""

from collections.abc import Callable

import pytest

from qc.checks import evidence
from qc.checks.evidence import retention, storage
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotFound
from qc.models import AuditEvent, Evidence, Task, User
from qc.work import actions
from tests.evidence.files import add, all_stored
from tests.evidence.test_adding import sentences

pytestmark = pytest.mark.django_db


def test_holder_removes_a_file_and_its_row_stays(
    task: Task, anna: User, django_capture_on_commit_callbacks: Callable
) -> None:
    row = add(task, anna)
    with django_capture_on_commit_callbacks(execute=True):
        evidence.remove(row.pk, by=anna)
        assert all_stored(), "it is deleted after commit"
    assert all_stored() == []
    row.refresh_from_db()
    assert row.removed_at is not None
    assert row.file == row.thumbnail == ""
    assert sentences()[-1] == "anna removed the file front.jpg from INV-1"
    assert evidence.of_task(task.pk) == []
    with pytest.raises(NotFound):
        evidence.visible_to(anna, row.pk)


def test_removing_twice_changes_nothing(task: Task, anna: User) -> None:
    row = add(task, anna)
    for _time in range(2):
        evidence.remove(row.pk, by=anna)
    assert AuditEvent.objects.filter(kind="evidence removed").count() == 1


def test_removed_file_may_be_added_again(task: Task, anna: User) -> None:
    first = add(task, anna)
    evidence.remove(first.pk, by=anna)
    assert add(task, anna) != first


def test_manager_says_why(task: Task, anna: User, mona: User) -> None:
    row = add(task, anna)
    with pytest.raises(InvalidInput, match="reason"):
        evidence.remove(row.pk, by=mona, reason=" ")
    evidence.remove(row.pk, by=mona, reason="Shows a face")
    assert sentences()[-1] == "mona removed the file front.jpg from INV-1: Shows a face"


def test_nobody_else_removes_and_the_person_only_until_it_is_completed(
    task: Task, anna: User, ben: User, otto: User
) -> None:
    row = add(task, anna)
    with pytest.raises(NotFound):
        evidence.remove(row.pk, by=ben, reason="Because")
    with pytest.raises(NotAllowed):
        evidence.remove(row.pk, by=otto, reason="Because")
    actions.complete(task.pk, by=anna)
    with pytest.raises(InvalidTransition):
        evidence.remove(row.pk, by=anna, reason="Because")
    assert Evidence.objects.filter(removed_at=None).count() == 1


def test_file_that_could_not_be_deleted_is_deleted_by_the_hourly_job(
    task: Task,
    anna: User,
    django_capture_on_commit_callbacks: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = add(task, anna)
    with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
        patched.setattr(storage, "delete", lambda names: 1 / 0)
        evidence.remove(row.pk, by=anna)
    assert len(all_stored()) == 2
    retention.delete_left_behind()
    assert all_stored() == []
