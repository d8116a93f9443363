"""Files of imports are kept once, for some days; what they did stays, and the trail says it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc import tasks
from qc.audit.sentences import plain_sentence
from qc.core.exceptions import InvalidTransition
from qc.imports import actions, storage
from qc.models import AuditEvent, Import, ImportChunk, Queue, Task, User
from tests.imports.conftest import client_of
from tests.imports.files import good_rows, import_file

pytestmark = pytest.mark.django_db

FILES = ImportChunk.objects.filter(part=ImportChunk.Part.FILE)
BAD = good_rows(2) + "B,,Invoices\n"


def uploaded(days_ago: int, *records: Import) -> None:
    moment = timezone.now() - timedelta(days=days_ago, hours=1)
    Import.objects.filter(pk__in=[record.pk for record in records]).update(created_at=moment)


def page_of(client: Client, record: Import) -> str:
    return str(client.get(reverse("admin:import", args=[record.pk])).content.decode())


def test_file_goes_after_its_days_and_what_it_did_stays(mona: User, invoices: Queue) -> None:
    record = import_file(BAD, by=mona, only_good=True)
    young = import_file(good_rows(4), by=mona)
    uploaded(90, record)
    tasks.tidy()
    assert set(ImportChunk.objects.values_list("of", flat=True)) == {young.pk}
    assert Task.objects.count() == 4
    (event,) = AuditEvent.objects.filter(kind="file deleted")
    event.table = "event"  # type: ignore[attr-defined]
    assert plain_sentence(event) == "The scheduler deleted the file of an import, tasks.csv"
    assert event.details["sha256"] == record.sha256
    client = client_of(mona)
    page = page_of(client, record)
    for words in ("deleted after 90 days", record.sha256, "2 new, 0 changed"):
        assert words in page
    for name in ("import_file", "import_refused"):
        address = reverse(f"admin:{name}", args=[record.pk])
        assert address not in page
        assert client.get(address).status_code == 404
    tasks.tidy()
    assert AuditEvent.objects.filter(kind="file deleted").count() == 1


def test_import_without_its_file_can_t_be_confirmed_any_more(mona: User, invoices: Queue) -> None:
    record = import_file(BAD, by=mona)
    uploaded(90, record)
    tasks.tidy()
    with pytest.raises(InvalidTransition):
        actions.confirm(record, only_good=True)
    assert reverse("admin:import_begin", args=[record.pk]) not in page_of(client_of(mona), record)


def test_files_are_kept_for_ever_if_so_configured(
    mona: User, invoices: Queue, settings: Any
) -> None:
    settings.QC_KEEP_IMPORT_FILES = 0
    uploaded(3000, import_file(good_rows(1), by=mona))
    tasks.tidy()
    assert FILES.count() == 1


def test_file_that_was_imported_again_is_kept_once_and_read_by_both(
    mona: User, invoices: Queue
) -> None:
    first, again = (import_file(good_rows(2), by=mona) for _time in range(2))
    other = import_file(good_rows(3), by=mona)
    only_seen = import_file(good_rows(2), by=mona, dry_run=True)
    tasks.tidy()
    kept = FILES.order_by("of").values_list("of", flat=True)
    assert list(kept) == [again.pk, other.pk, only_seen.pk]
    assert b"".join(storage.pieces(first)).decode() == good_rows(2)
    uploaded(90, first)
    tasks.tidy()
    assert b"".join(storage.pieces(again)).decode() == good_rows(2)
