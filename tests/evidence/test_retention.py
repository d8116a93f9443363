"""Files go when their queue keeps them no longer; what no row knows goes within hours."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from qc import tasks
from qc.checks.evidence import retention, storage
from qc.models import AuditEvent, Evidence, Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite
from tests.evidence.files import add, all_stored
from tests.evidence.test_adding import sentences

pytestmark = [pytest.mark.django_db, on_sqlite]


def completed(task: Task, by: User, days_ago: int) -> None:
    actions.complete(task.pk, by=by)
    moment = timezone.now() - timedelta(days=days_ago, hours=1)
    Task.objects.filter(pk=task.pk).update(completed_at=moment)


def test_files_go_after_their_queue_s_time_and_the_trail_says_so(
    task: Task, anna: User, invoices: Queue, django_capture_on_commit_callbacks: Callable
) -> None:
    row = add(task, anna)
    completed(task, anna, days_ago=90)
    Queue.objects.filter(pk=invoices.pk).update(keep_files_for=timedelta(days=90))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tidy()
    assert all_stored() == []
    row.refresh_from_db()
    assert row.removed_at is not None
    words = "The scheduler removed the file front.jpg from INV-1: kept for 90 days"
    assert sentences()[-1] == words
    tasks.tidy()
    assert AuditEvent.objects.filter(kind="evidence removed").count() == 1


def test_files_are_kept_by_default_and_until_their_time(
    task: Task, anna: User, invoices: Queue
) -> None:
    add(task, anna)
    assert retention.delete_old() == 0
    completed(task, anna, days_ago=89)
    assert retention.delete_old() == 0
    Queue.objects.filter(pk=invoices.pk).update(keep_files_for=timedelta(days=90))
    assert retention.delete_old() == 0


def test_many_files_go_in_batches(
    task: Task, anna: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for n in range(5):
        add(task, anna, f"{n}".encode(), "log.txt")
    completed(task, anna, days_ago=2)
    Queue.objects.filter(pk=invoices.pk).update(keep_files_for=timedelta(days=1))
    assert retention.delete_old() == 5
    assert not Evidence.objects.filter(removed_at=None).exists()


def test_file_without_a_row_is_deleted_once_it_is_old(
    task: Task, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(task, anna)
    known = all_stored()
    name = f"{storage.day(timezone.now().date())}/left"
    storage.files().save(name, ContentFile(b"half"))
    assert retention.delete_left_behind() == 0
    assert len(all_stored()) == len(known) + 1
    monkeypatch.setattr(retention, "YOUNG", timedelta(0))
    assert retention.delete_left_behind() == 1
    assert all_stored() == known


def test_hourly_job_counts_what_it_deleted(task: Task, anna: User, caplog: Any) -> None:
    caplog.set_level("INFO")
    tasks.tidy()
    assert "0 files of checks" in caplog.text
