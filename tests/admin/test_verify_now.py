"""*Verify now*: an auditor proves the trail in the browser, here or without QC Desk."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from qc import tasks
from qc.audit import on_demand
from qc.audit.seals import sealing
from qc.audit.seals.violations import NO_SEAL
from qc.checks.evidence import storage
from qc.checks.evidence.storage import Names
from qc.models import AuditEvent, EventKind, Queue, Task, User, Verification, VerificationRequest
from qc.work import actions
from tests.audit.tampering import change
from tests.audit.test_external_copies import SCRIPT, verify_by_script
from tests.databases import on_sqlite
from tests.evidence.files import add

pytestmark = pytest.mark.django_db

PAGE = "/admin/trail/verification/"


@pytest.fixture
def sealed(
    monkeypatch: pytest.MonkeyPatch, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    """A task and some people, sealed."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    add_task(invoices)
    sealing.seal()


def test_page_says_how_many_rows_were_not_read(
    sealed: None, otto_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "archive file" not in verify(otto_client)
    monkeypatch.setattr("qc.audit.seals.archived_rows.count", lambda last, before: 1200 * last)
    assert "of these rows are in archive files and were not read." in verify(otto_client)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The trail is a large one; return the verifications that are sent to a worker."""
    monkeypatch.setattr(on_demand, "SMALL", 0)
    sent: list[int] = []
    apply = lambda args, **_how: sent.append(args[0])  # noqa: E731
    monkeypatch.setattr(tasks.verify_on_demand, "apply_async", apply)
    return sent


def shown(client: Client, path: str = PAGE) -> str:
    return " ".join(client.get(path).content.decode().split())


def verify(client: Client) -> str:
    answer = client.post(PAGE, follow=True)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_small_trail_is_verified_at_once_and_the_trail_says_who_asked(
    sealed: None, otto_client: Client, otto: User
) -> None:
    page = verify(otto_client)
    assert "All of it is as it was sealed:" in page
    assert "Asked for by otto, finished" in page
    # Beside that of the files.
    run = Verification.objects.exclude(first=NO_SEAL).get()
    assert (run.first, run.last, run.what) == (1, VerificationRequest.objects.get().last, "")
    assert AuditEvent.objects.get(kind=EventKind.VERIFIED).history_user == otto
    assert "otto</a> had the audit trail verified" in shown(otto_client, "/admin/trail/")


def test_changed_row_is_named_and_raises_the_alarm(sealed: None, otto_client: Client) -> None:
    pk = User.history.earliest("pk").pk
    change("person", pk)
    page = verify(otto_client)
    assert "1 violation was found." in page
    assert f"<li>Row {pk} in the history of people was changed" in page
    assert "The audit trail was changed after it was sealed." in shown(otto_client, "/admin/trail/")


def test_files_are_read_too_and_a_missing_one_is_named(
    sealed: None, otto_client: Client, anna: User, invoices: Queue
) -> None:
    task = Task.objects.get()
    actions.sign_in(anna.pk)
    photo = add(task, anna)
    assert "1 file of checks and check plans is as it was added." in verify(otto_client)
    storage.delete(Names(photo.file))
    page = verify(otto_client)
    assert f"<li>File {photo.pk} (front.jpg, {task.reference}) is not where it was stored" in page
    assert VerificationRequest.objects.latest("pk").files == 1


def test_many_files_are_read_by_a_worker(
    sealed: None, otto_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_demand.evidence_files, "count_events", lambda: on_demand.FEW_FILES + 1)
    sent: list[int] = []
    apply = lambda args, **_how: sent.append(args[0])  # noqa: E731
    monkeypatch.setattr(tasks.verify_on_demand, "apply_async", apply)
    verify(otto_client)
    assert sent == [VerificationRequest.objects.get().pk]


def test_large_trail_is_verified_by_a_worker_while_the_page_shows_how_far(
    sealed: None, otto_client: Client, large: list[int]
) -> None:
    page = verify(otto_client)
    asked = VerificationRequest.objects.get()
    assert large == [asked.pk]
    assert f"0 of {asked.total} rows are verified. It is waiting for a worker." in page
    panel = otto_client.get(f"{PAGE}panel/")
    assert "HX-Refresh" not in panel.headers
    tasks.verify_on_demand(asked.pk)
    asked.refresh_from_db()
    assert (asked.done, asked.violations) == (asked.total, 0)
    assert otto_client.get(f"{PAGE}panel/").headers["HX-Refresh"] == "true"
    assert f"{asked.total} rows, seals 1 to {asked.last}." in shown(otto_client)


def test_one_that_is_under_way_is_not_begun_again(
    sealed: None, otto_client: Client, mona_client: Client, large: list[int]
) -> None:
    verify(otto_client)
    soon = timezone.now() + timedelta(minutes=1)
    VerificationRequest.objects.update(busy_until=soon, done=1)
    assert "It is waiting" not in verify(mona_client)
    tasks.verify_on_demand(VerificationRequest.objects.get().pk)
    assert VerificationRequest.objects.get().done == 1


def test_one_whose_worker_died_is_begun_anew(
    sealed: None, otto_client: Client, large: list[int]
) -> None:
    verify(otto_client)
    VerificationRequest.objects.update(busy_until=timezone.now() - timedelta(minutes=1), done=1)
    assert "It is waiting for a worker." in verify(otto_client)
    tasks.verify_on_demand(VerificationRequest.objects.get().pk)
    asked = VerificationRequest.objects.get()
    assert (asked.done, asked.ended_at is None) == (asked.total, False)


@on_sqlite
def test_page_says_when_no_worker_can_be_reached(
    sealed: None, otto_client: Client, large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_how: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.verify_on_demand, "apply_async", fail)
    assert "The workers can&#x27;t be reached right now." in verify(otto_client)


@on_sqlite
def test_unsealed_trail_is_no_alarm(otto_client: Client) -> None:
    assert "Nothing is sealed yet." in verify(otto_client)


@on_sqlite
def test_verifier_is_linked_with_how_to_run_it_and_proves_the_file(
    sealed: None, otto_client: Client, tmp_path: Path
) -> None:
    page = shown(otto_client)
    assert 'download="verify_audit.py"' in page
    assert '<code class="qc-command">python3 verify_audit.py audit-trail-' in page
    assert finders.find("qc/trail/verify_audit.py") == str(SCRIPT)
    file = tmp_path / "trail.jsonl"
    trail: Any = otto_client.get("/admin/trail/trail.jsonl?reads=on")
    file.write_bytes(trail.getvalue())
    assert verify_by_script(file)[0] == 0


@on_sqlite
def test_qc_staff_are_refused(anna: User, sign_in_client: Any) -> None:
    assert sign_in_client(anna).post(PAGE).status_code == 403
    assert not VerificationRequest.objects.exists()
