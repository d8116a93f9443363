"""What is read once, however many seals there are: archives, erasures, and what was archived."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.audit.archive import archiver
from qc.audit.seals import external_copies, sealing, verification_runs
from qc.history import events
from qc.history.registry import TABLES
from qc.models import AuditEvent, EventKind, Seal, User
from tests.audit.leavers import anonymise
from tests.audit.tampering import all_violations
from tests.conftest import person
from tests.databases import on_mariadb
from tests.work.test_claim_cost import rows_touched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seal_at_once")]

FEW, MANY = 4, 40


def add_seals(n: int, name: str = "eve") -> None:
    """Seal so many seals of five events each, in which somebody mistypes a password."""
    for _ in range(5 * n):
        events.record(EventKind.SIGN_IN_FAILED, name=name)
    sealing.seal()
    assert verification_runs.run_nightly() == []


@pytest.fixture
def old_events(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Add so many seals of events that are old enough to be archived."""
    settings.QC_KEEP_DAYS = dict.fromkeys(TABLES, 0) | {"event": 1}

    def add(n: int) -> None:
        add_seals(n)
        later = timezone.now() + timedelta(days=2)
        monkeypatch.setattr(timezone, "now", lambda: later)

    return add


def test_archive_is_read_once_for_all_its_seals(
    old_events: Callable[[int], None], tmp_path: Path
) -> None:
    old_events(MANY)
    assert [one.rows for one in archiver.archive(tmp_path)] == [5 * MANY]
    with CaptureQueriesContext(connection) as queries:
        assert all_violations() == []
    # For the seals, and to compare all records with their events.
    assert sum("qc_archive" in query["sql"] for query in queries) == 2


@pytest.mark.parametrize("seals", [FEW, MANY])
def test_next_archive_reads_nothing_of_seals_that_are_archived(
    seals: int, old_events: Callable[[int], None], tmp_path: Path
) -> None:
    old_events(seals)
    list(archiver.archive(tmp_path))
    with CaptureQueriesContext(connection) as queries:
        assert list(archiver.archive(tmp_path)) == []
    # The alarm, an interrupted archive, how far was verified, and where the old seals end.
    assert len(queries) == 7
    assert not any("digests" in query["sql"] for query in queries)


def test_archives_have_so_many_seals_each(
    old_events: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiver, "SEALS", 10)
    old_events(MANY)
    made = list(archiver.archive(tmp_path))
    assert [one.rows for one in made] == [50] * (MANY // 10)
    assert [one.last_seal - one.first_seal for one in made] == [9] * (MANY // 10)
    assert all_violations() == []


@pytest.mark.parametrize("seals", [FEW, MANY])
def test_records_of_erased_names_are_read_once_for_all_seals(seals: int, anna: User) -> None:
    for name in ("carl", "dora"):
        leaver = person(name, is_active=False)
        add_seals(seals, name)
        anonymise(leaver)
    assert AuditEvent.objects.filter(name__startswith="leaver-").count() == 2 * (5 * seals + 1)
    with CaptureQueriesContext(connection) as queries:
        assert all_violations() == []
    records = [query for query in queries if EventKind.NAMES_REMOVED in query["sql"]]
    # Counted before they are read.
    assert len(records) == 2


def test_copy_outside_is_compared_by_many_seals_at_once(tmp_path: Path) -> None:
    add_seals(MANY)
    copy = tmp_path / "seals.jsonl"
    external_copies.append(str(copy))
    with CaptureQueriesContext(connection) as queries:
        assert list(external_copies.compare(copy)) == []
    assert len(queries) == 1
    Seal.objects.filter(number=MANY // 2).delete()
    (found,) = external_copies.compare(copy)
    assert (found.what, found.seal) == ("seal deleted", MANY // 2)


@on_mariadb
class TestRowsTouched:
    def test_next_archive_reads_no_rows_of_archived_seals(
        self, old_events: Callable[[int], None], tmp_path: Path
    ) -> None:
        old_events(MANY)
        list(archiver.archive(tmp_path))
        assert rows_touched(lambda: list(archiver.archive(tmp_path))) < 20

    def test_each_seal_of_an_archive_adds_a_few_rows_to_a_verification(
        self, old_events: Callable[[int], None], tmp_path: Path
    ) -> None:
        touched = []
        for seals in (FEW, MANY):
            old_events(seals)
            list(archiver.archive(tmp_path))
            sealing.seal()
            touched.append(rows_touched(all_violations))
        # What leads to the seal, and from it to its rows; not its archive.
        assert touched[1] - touched[0] < 15 * MANY

    def test_each_seal_with_erased_names_adds_its_own_rows_to_a_verification(self) -> None:
        touched = []
        for name, seals in (("carl", FEW), ("dora", MANY)):
            leaver = person(name, is_active=False)
            add_seals(seals, name)
            anonymise(leaver)
            touched.append(rows_touched(all_violations))
        # Its five events and their leaver too; not the records of all who left.
        assert touched[1] - touched[0] < 24 * MANY
