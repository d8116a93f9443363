"""The audit trail page shows how far the trail is sealed and verified, and raises the alarm."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from qc.admin.point_in_time.urls import at
from qc.audit.archive import archiver
from qc.audit.seals import sealing, verification_runs
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import change as change_page
from tests.audit.tampering import change, copy_row


def shown(client: Client) -> str:
    return " ".join(client.get("/admin/trail/").content.decode().split())


@pytest.fixture
def otto_reads(otto: User, sign_in_client: Any, monkeypatch: Any) -> Client:
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    return sign_in_client(otto)


def test_page_shows_how_far_the_trail_is_sealed_and_verified(otto_reads: Client) -> None:
    assert "Nothing is sealed yet" in shown(otto_reads)
    sealing.seal()
    assert "(seal 2). Not verified yet" in shown(otto_reads)
    verification_runs.run_nightly()
    page = shown(otto_reads)
    assert "Verified up to seal 2" in page
    assert 'role="alert"' not in page


def test_alarm_names_and_links_the_changed_row(otto: User, otto_reads: Client) -> None:
    sealing.seal()
    pk = User.history.latest("pk").pk
    change("person", pk)
    verification_runs.run_nightly()
    page = shown(otto_reads)
    message = f"changed after it was sealed. Row {pk} in the history of people was changed"
    assert message in page
    assert f'/admin/trail/person/{pk}/">Current content of the row' in page


def test_alarm_about_a_row_without_a_page_has_no_link(otto_reads: Client) -> None:
    sealing.seal()
    copy_row("person", User.history.latest("pk").pk, -5)
    verification_runs.run_nightly()
    page = shown(otto_reads)
    assert "Row -5 in the history of people was inserted" in page
    assert "Current content of the row" not in page


def test_pages_work_without_archived_rows(
    otto_reads: Client,
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    tmp_path: Path,
    settings: Any,
    monkeypatch: Any,
) -> None:
    done = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.complete(done.pk, by=anna)
    sealing.seal()
    verification_runs.run_nightly()
    assert "There are no older rows" in shown(otto_reads)
    settings.QC_KEEP_DAYS = {"task": 1, "person": 1}
    later = timezone.now() + timedelta(days=2)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        assert len(list(archiver.archive(tmp_path))) == 2
    page = shown(otto_reads)
    assert "Older rows may be in archive files. The last archive was written on" in page
    assert "The console archived 2 rows of history to 0001-task-1-1.jsonl" in page
    for item in (done, anna):
        assert otto_reads.get(change_page(item)).status_code == 200
        assert (
            otto_reads.get(f"{change_page(item).replace('change', 'history')}").status_code == 200
        )
    moment = done.history.get().history_date
    for when, is_said in ((moment, True), (moment + timedelta(minutes=1), False)):
        then = otto_reads.get(f"/admin/floor-history/{at(when)}").content.decode()
        assert ("so this page may be incomplete" in then) is is_said
    row = otto_reads.get(f"/admin/trail/task/{done.history.get().pk}/")
    assert "QD-0001" in row.content.decode()


def test_page_warns_when_sealing_has_stopped(otto_reads: Client, monkeypatch: Any) -> None:
    assert "is a worker running" not in shown(otto_reads)
    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "are not sealed. Please check that a worker is running." in shown(otto_reads)
