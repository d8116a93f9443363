"""Old history moves to files that prove themselves; nothing is lost or goes unrecorded."""

import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc import tasks
from qc.audit import evidence_files, invariants
from qc.audit.archive import archiver
from qc.audit.archive import files as archive_files
from qc.audit.seals import archived_rows, sealing, verification_runs
from qc.checks import evidence, plan_pictures, plans
from qc.checks.evidence import storage
from qc.checks.evidence.storage import Names
from qc.core.exceptions import InvalidTransition
from qc.core.id_spans import ids_of
from qc.history import consistency
from qc.history.registry import TABLES
from qc.models import Archive, AuditEvent, EventKind, Queue, Seal, Task, User
from qc.work import actions, presence
from tests.audit import tampering
from tests.audit.tampering import all_violations, delete, ids, violated_rows
from tests.audit.test_external_copies import verify, verify_by_script
from tests.evidence.files import add as add_file
from tests.evidence.files import picture, sent
from tests.plans import write_plan

WHOLE = "All of it is as it was sealed.\n"


@pytest.fixture(autouse=True)
def keep_for_a_day(seal_at_once: None, settings: Any) -> None:
    """All history is kept for one day."""
    settings.QC_KEEP_DAYS = dict.fromkeys(TABLES, 1)


@pytest.fixture
def trail(
    anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> list[Task]:
    """Anna completed one task of two days ago, another one is on hold; all is verified."""
    work = [add_task(invoices) for _ in range(2)]
    tampering.write_history(anna, mona, invoices, work)
    actions.complete(work[0].pk, by=anna)
    presence.sign_out(anna.pk, by=anna, reason="signed out")
    seal()
    now = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: now)
    return work


def seal() -> None:
    sealing.seal()
    assert verification_runs.run_nightly() == []


def archive(folder: Path) -> list[Archive]:
    return list(archiver.archive(folder))


def test_old_rows_are_archived_and_needed_ones_stay(trail: list[Task], tmp_path: Path) -> None:
    done, held = trail
    before = {table: ids(table) for table in TABLES}
    made = archive(tmp_path)
    assert {one.table for one in made} == set(TABLES)
    gone = {one.table: list(ids_of(one.ids)) for one in made}
    assert [row.kind for row in done.history.all()] == ["completed"]
    assert [row.kind for row in held.history.all()] == ["held", ""]
    assert User.history.count() == User.objects.count()
    assert [one.kind for one in AuditEvent.objects.all()] == [EventKind.ARCHIVED] * 4
    for table in ("task", "person", "queue"):
        assert sorted([*gone[table], *ids(table)]) == before[table]
    for table, (members, _) in tampering.MEMBERS.items():
        assert set(tampering.member_row_ids(members)) <= set(ids(table))
    # All of it is proven, here and in the files.
    assert all_violations() == []
    assert [*invariants.broken(), *consistency.differing()] == []
    for one in made:
        file = tmp_path / one.file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        status, output = verify_by_script(file)
        assert (status, output.splitlines()[-1] + "\n") == (0, WHOLE)
        assert f"{one.rows} rows of table {one.table} are in {one.file} (seals" in verify(
            "--archive", file
        )
    export = tmp_path / "export.jsonl"
    call_command("export_seals", export)
    assert verify_by_script(export) == (
        0,
        f"{sum(map(len, gone.values()))} rows were left out.\n{WHOLE}",
    )
    assert "All but those in archives are as they were sealed." in verify()
    last = Seal.objects.count()
    assert archived_rows.count(last, timezone.now()) == sum(map(len, gone.values()))
    assert archived_rows.count(last, timezone.now() - timedelta(seconds=1)) == 0
    # The event is sealed like any other; there is nothing more to do.
    seal()
    assert archive(tmp_path) == []


def test_what_proves_check_plans_and_files_stays(
    invoices: Queue,
    labels: Queue,
    mona: User,
    add_task: Callable[..., Task],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    shown = plan_pictures.store(plan_pictures.prepare(sent(picture())), by=mona)
    item = {"question": "Is the sum right?", "picture": shown}
    plans.publish(write_plan(invoices, item), mona)
    front, back = (add_file(add_task(labels), mona) for _time in range(2))
    evidence.remove(back.pk, by=mona, reason="blurred")
    request.getfixturevalue("trail")
    kinds = AuditEvent.objects.values_list("kind", flat=True)
    kept = {"plan version", "picture added", "evidence added", "evidence removed"}
    assert kept < set(kinds)
    archive(tmp_path)
    assert kept <= set(kinds)
    assert all_violations() == []
    assert evidence_files.run() == (2, [])
    storage.delete(Names(front.file))
    assert [str(one) for one in evidence_files.run()[1]] == [
        f"File {front.pk} (front.jpg, {front.task.reference}) is not where it was stored"
    ]


def test_rows_of_a_cancelled_task_are_archived(
    trail: list[Task], mona: User, tmp_path: Path
) -> None:
    archive(tmp_path)
    actions.cancel(trail[1].pk, by=mona, reason="not needed")
    seal()
    (made,) = archive(tmp_path)
    assert (made.table, made.rows) == ("task", 2)
    assert [row.kind for row in trail[1].history.all()] == ["cancelled"]
    assert "rows were left out" in verify_by_script(tmp_path / made.file)[1]
    assert all_violations() == []
    assert list(invariants.broken()) == []
    # Both tasks have archived rows: the archives are read once for all.
    with CaptureQueriesContext(connection) as queries:
        assert list(invariants.wrong_history(Task)) == []
    assert sum("qc_archive" in query["sql"] for query in queries) == 1


def test_last_row_of_a_deleted_task_is_archived_in_the_next_run(
    trail: list[Task], monkeypatch: Any, tmp_path: Path
) -> None:
    """The last row first stays, so that nothing looks as if it were gone without one."""
    pk = trail[0].pk
    trail[0].delete()
    now = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: now)
    seal()
    archive(tmp_path)
    assert [row.history_type for row in Task.history.filter(id=pk)] == ["-"]
    archive(tmp_path)
    assert not Task.history.filter(id=pk).exists()
    assert [*all_violations(), *consistency.differing()] == []


def test_rows_deleted_without_a_true_record_are_named(trail: list[Task], tmp_path: Path) -> None:
    one = next(one for one in archive(tmp_path) if one.table == "task")
    left = ids("task")[0]
    delete("task", left)
    assert violated_rows() == [("deleted", "task", left)]
    # Whoever writes that it was archived too has no event that says so: then nothing is.
    Archive.objects.filter(pk=one.pk).update(ids=[*one.ids, [left, left]])
    assert {("archive forged", "", None), ("deleted", "task", left)} <= set(violated_rows())
    assert len(violated_rows()) == one.rows + 2
    Archive.objects.filter(pk=one.pk).delete()
    assert {("archive deleted", "", None), ("deleted", "task", left)} <= set(violated_rows())
    assert f"Archive {one.pk} has no record any more" in verify()


def test_archiving_resumes_after_a_crash_without_loss(
    trail: list[Task], tmp_path: Path, monkeypatch: Any
) -> None:
    before = {table: ids(table) for table in TABLES}

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiver, "_record", crash)
        with pytest.raises(KeyboardInterrupt):
            archive(tmp_path)
    assert {table: ids(table) for table in TABLES} == before
    with monkeypatch.context() as patch:
        patch.setattr(archiver, "_remove", lambda made: crash(delete(made.table, made.ids[0][0])))
        with pytest.raises(KeyboardInterrupt):
            archive(tmp_path)
    half = Archive.objects.get()
    assert all_violations() == []
    # Not without its file.
    file = tmp_path / half.file
    file.rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidTransition, match="is missing: nothing was deleted"):
        archive(tmp_path)
    (tmp_path / "elsewhere").rename(file)
    made = archive(tmp_path)
    assert made[0].pk == half.pk
    assert not Archive.objects.filter(removed_at=None).exists()
    assert all_violations() == []


@pytest.mark.parametrize("harm", ["cut off", "changed"])
def test_a_wrong_file_deletes_nothing(
    harm: str, trail: list[Task], tmp_path: Path, monkeypatch: Any
) -> None:
    write = archive_files.write

    def badly(path: Path, some: Any) -> str:
        write(path, some)
        text = path.read_bytes()
        whole = text.splitlines(keepends=True)
        path.write_bytes(
            b"".join(whole[:-1]) if harm == "cut off" else text.replace(b"QD-", b"XX-")
        )
        return archive_files.sha256(path)

    monkeypatch.setattr(archive_files, "write", badly)
    with pytest.raises(InvalidTransition, match="nothing was deleted"):
        archive(tmp_path)
    assert not Archive.objects.exists()
    assert all_violations() == []


def test_a_changed_archive_file_is_named(trail: list[Task], tmp_path: Path) -> None:
    one = archive(tmp_path)[0]
    file = tmp_path / one.file
    text = file.read_text()
    file.write_text(text.replace("QD-0001", "QD-0009", 1))
    output = verify("--archive", file)
    assert f"Archive {one.pk} is not the file that was written originally" in output
    assert "in the history of tasks was changed (seal 1)" in output
    assert verify_by_script(file)[0] == 1
    file.write_text("\n" + text.partition("\n")[2])
    assert f"Archive {one.pk} does not have all the rows" in verify("--archive", file)
    file.rename(tmp_path / "other.jsonl")
    assert "this file is not known as an archive" in verify("--archive", tmp_path / "other.jsonl")


def test_nothing_is_archived_while_the_alarm_stands(
    trail: list[Task], tmp_path: Path, settings: Any
) -> None:
    delete("task", ids("task")[0])
    verification_runs.run(1, 1)
    with pytest.raises(CommandError, match="The audit trail was changed after it was sealed: Row"):
        call_command("archive_history", "--to", tmp_path)
    settings.QC_KEEP_DAYS = dict.fromkeys(TABLES, 0)
    with pytest.raises(CommandError, match="All is kept for ever"):
        call_command("archive_history", "--to", tmp_path)


def test_nightly_job_archives_into_the_configured_folder(
    trail: list[Task], tmp_path: Path, settings: Any, caplog: Any
) -> None:
    settings.QC_KEEP_DAYS |= {"person": 0, "queue": 0, "event": 3}
    tasks.archive()
    assert not Archive.objects.exists()
    settings.QC_ARCHIVE_DIR = str(tmp_path / "nowhere")
    tasks.archive()
    assert "nowhere" in caplog.text
    settings.QC_ARCHIVE_DIR = str(tmp_path)
    tasks.archive()
    one = Archive.objects.get()
    assert (one.table, one.through) == ("task", "sweep")
