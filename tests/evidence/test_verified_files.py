"""A file that was changed, swapped, lost or slipped in is named; a removed one is not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from qc import tasks
from qc.audit import evidence_files
from qc.audit.seals import verification_runs
from qc.checks import evidence
from qc.checks.evidence import storage
from qc.checks.evidence.storage import Names
from qc.models import AuditEvent, Evidence, Queue, Task, User
from qc.work import actions
from tests.evidence.files import add, picture, stored
from tests.imports.conftest import client_of

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    return [str(violation) for violation in evidence_files.run()[1]]


def write(row: Evidence, content: bytes) -> None:
    """Put another content in the place of a file."""
    storage.delete(Names(row.file))
    assert storage.files().save(row.file, ContentFile(content)) == row.file


@pytest.fixture
def front(task: Task, anna: User) -> Evidence:
    return add(task, anna)


def test_files_as_they_were_added_verify(front: Evidence, anna: User) -> None:
    evidence.remove(add(front.task, anna, b"1", "log.txt").pk, by=anna)
    assert evidence_files.run() == (1, [])


def test_changed_byte_is_named(front: Evidence) -> None:
    content = bytearray(stored(front.file))
    content[-20] ^= 1
    write(front, bytes(content))
    assert found() == [f"File {front.pk} (front.jpg, INV-1) is not the one that was added"]


def test_swapped_or_missing_thumbnail_is_named(front: Evidence, anna: User) -> None:
    other = add(front.task, anna, picture(colour="red"), "other.jpg")
    thumbnail = front.thumbnail
    Evidence.objects.filter(pk=front.pk).update(thumbnail=other.thumbnail)
    name = f"File {front.pk} (front.jpg, INV-1)"
    assert found() == [f"{name} has another thumbnail than the one that was made of it"]
    Evidence.objects.filter(pk=front.pk).update(thumbnail=thumbnail)
    storage.delete(Names(thumbnail))
    assert found() == [f"{name} has no thumbnail any more"]


def test_swapped_photos_are_named(front: Evidence, anna: User) -> None:
    other = add(front.task, anna, picture(colour="red"), "other.jpg")
    Evidence.objects.filter(pk=front.pk).update(file=other.file, digest=other.digest)
    assert found() == [f"File {front.pk} (front.jpg, INV-1) has a changed row in the database"]


@pytest.mark.parametrize(
    "change",
    [{"name": "back.jpg"}, {"item": "label"}, {"defect": "SCR"}, {"size": 1}, "task", "added_by"],
    ids=str,
)
def test_row_that_was_given_another_place_or_person_is_named(
    change: Any, front: Evidence, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    others = {"task": {"task": add_task(invoices)}, "added_by": {"added_by": mona}}
    values = others[change] if isinstance(change, str) else change
    Evidence.objects.filter(pk=front.pk).update(**values)
    assert found() == [f"File {front.pk} (front.jpg, INV-1) has a changed row in the database"]


def test_missing_file_and_missing_row_are_named(front: Evidence, anna: User) -> None:
    other = add(front.task, anna, b"1", "log.txt")
    storage.delete(Names(front.file))
    Evidence.objects.filter(pk=other.pk).delete()
    assert found() == [
        f"File {other.pk} (log.txt, INV-1) has no row in the database any more",
        f"File {front.pk} (front.jpg, INV-1) is not where it was stored",
    ]


def test_file_slipped_in_or_taken_out_without_an_event_is_named(front: Evidence) -> None:
    Evidence.objects.filter(pk=front.pk).update(removed_at=front.added_at)
    front.pk = None
    front.save()
    assert found() == [
        f"File {front.pk - 1} (front.jpg, INV-1) was removed without an entry in the audit trail",
        f"File {front.pk} came without an entry in the audit trail",
    ]


def test_removed_file_that_was_put_back_is_named(front: Evidence, anna: User) -> None:
    evidence.remove(front.pk, by=anna)
    Evidence.objects.filter(pk=front.pk).update(removed_at=None)
    assert found() == [f"File {front.pk} (front.jpg, INV-1) has a changed row in the database"]


def test_command_compares_files_when_asked(front: Evidence, capsys: Any) -> None:
    call_command("verify_audit", "--files")
    assert "1 files of checks were compared." in capsys.readouterr().out
    write(front, b"another")
    call_command("verify_audit")
    with pytest.raises(CommandError, match="is not the one that was added"):
        call_command("verify_audit", "--files")


def test_each_night_a_part_is_compared_and_all_within_a_month(
    front: Evidence, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    write(front, b"another")
    parts = [evidence_files.run(part=part) for part in range(evidence_files.NIGHTS)]
    assert [files for files, _found in parts].count(1) == 1
    (violation,) = [one for _files, found in parts for one in found]
    assert violation.row == front.pk
    monkeypatch.setattr(evidence_files, "NIGHTS", 1)
    tasks.verify()
    assert "1 files are not as they were added" in caplog.text


def test_alarm_stands_until_all_files_are_right_again(
    front: Evidence, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = stored(front.file)
    write(front, b"another")
    found()
    page = client_of(otto).get(reverse("admin:trail")).content.decode()
    assert f"File {front.pk} is not the one that was added." in page
    assert "verify_audit --files" in page
    write(front, content)
    evidence_files.run(part=(front.pk + 1) % evidence_files.NIGHTS)
    assert verification_runs.state().alarm is not None
    found()
    assert verification_runs.state().alarm is None
    assert evidence_files.last_run() is not None


def test_file_of_a_completed_task_is_in_its_findings_as_the_event_has_it(
    front: Evidence, anna: User, invoices: Queue
) -> None:
    (listed,) = evidence.of_check(front.task)
    event = AuditEvent.objects.get(kind="evidence added")
    assert (listed["id"], listed["sha256"]) == (event.details["evidence"], event.details["sha256"])
    actions.complete(front.task_id, by=anna)
    assert Client().get(reverse("admin:evidence_file", args=[front.pk])).status_code == 302
