"""Sealed history cannot be changed unnoticed, not even in the database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.audit.seals import row_hashing, sealing, verification_runs
from qc.history.registry import TABLES
from qc.models import Queue, Seal, Task, User, Verification
from tests.audit import tampering
from tests.audit.tampering import (
    MEMBERS,
    all_violations,
    change,
    copy_row,
    delete,
    execute_sql,
    ids,
    move,
    swap,
    violated_rows,
)

LATER = timedelta(days=2)
pytestmark = pytest.mark.usefixtures("seal_at_once")


@pytest.fixture
def trail(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> None:
    """Some rows of each kind, sealed."""
    tasks = [add_task(invoices, details={"ß": [1.0, None], "a": "x"}) for _ in range(8)]
    tampering.write_history(anna, mona, invoices, tasks)
    sealing.seal()


def at_a_later_time(monkeypatch: Any) -> None:
    """So much later that no row can be missing any more."""
    now = timezone.now() + LATER
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_every_row_is_sealed_once_and_verifies(trail: None) -> None:
    count = {table: len(ids(table)) for table in TABLES}
    assert min(count.values()) > 1
    for table, n in count.items():
        assert sum(seal.rows for seal in Seal.objects.filter(table=table)) == n
    assert list(Seal.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, Seal.objects.count() + 1)
    )
    assert sealing.seal() == 0
    assert all_violations() == []


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_row_is_named(table: str, trail: None) -> None:
    pk = ids(table)[1]
    change(table, pk)
    assert violated_rows() == [("changed", table, pk)]


@pytest.mark.parametrize("table", TABLES)
def test_a_deleted_row_is_named(table: str, trail: None) -> None:
    pk = ids(table)[0]
    delete(table, pk)
    assert violated_rows() == [("deleted", table, pk)]
    # The next sealing does not hide it.
    sealing.seal()
    assert violated_rows() == [("deleted", table, pk)]


def test_rows_that_changed_places_are_named(trail: None) -> None:
    one, other = ids("task")[1:3]
    swap("task", one, other)
    assert violated_rows() == [("reordered", "task", one), ("reordered", "task", other)]


def test_a_moved_row_is_named_as_deleted_where_it_was(trail: None) -> None:
    first, last = ids("event")[0], ids("event")[-1]
    move("event", first, last + 1)
    assert violated_rows() == [("deleted", "event", first)]


def test_a_row_inserted_before_all_others_is_named(trail: None) -> None:
    copy_row("queue", ids("queue")[0], -7)
    sealing.seal()
    assert violated_rows() == [("inserted", "queue", -7)]


def test_a_row_inserted_into_a_gap_after_an_hour_is_named(trail: None, mona: User) -> None:
    last = ids("event")[-1]
    copy_row("event", last, last + 3)
    assert sealing.seal() == 1
    # An hour and more has passed: what was missing is not looked at again.
    copy_row("event", last, last + 9)
    later = timezone.now() + LATER
    TABLES["event"].objects.filter(pk=last + 9).update(history_date=later - timedelta(hours=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        assert sealing.seal() == 1
        assert all_violations() == []
        copy_row("event", last, last + 2)
        assert sealing.seal() == 0
    assert violated_rows() == [("inserted", "event", last + 2)]


def test_a_row_of_a_long_transaction_is_sealed_late(trail: None) -> None:
    last = ids("event")[-1]
    copy_row("event", last, last + 3)
    sealing.seal()
    copy_row("event", last, last + 1)
    assert all_violations() == []
    assert sealing.seal() == 1
    assert Seal.objects.get(is_late=True).ids == [[last + 1, last + 1]]
    assert all_violations() == []
    change("event", last + 1)
    assert violated_rows() == [("changed", "event", last + 1)]
    delete("event", last + 1)
    assert violated_rows() == [("deleted", "event", last + 1)]


@pytest.mark.parametrize("days", [-400, 400])
def test_a_new_row_with_a_wrong_date_is_named(days: int, trail: None) -> None:
    last = ids("event")[-1]
    copy_row("event", last, last + 1)
    moment = timezone.now() + timedelta(days=days)
    TABLES["event"].objects.filter(pk=last + 1).update(history_date=moment)
    copy_row("event", last, last + 2)
    sealing.seal()
    assert violated_rows() == [("misdated", "event", last + 1)]


@pytest.mark.parametrize("table", MEMBERS)
def test_members_of_queues_and_roles_are_sealed_too(table: str, trail: None) -> None:
    members, member = MEMBERS[table]
    pk = tampering.member_row_ids(members)[-1]
    execute_sql(f"UPDATE {members} SET {member} = {member} + 1 WHERE history_id = %s", pk)
    assert violated_rows() == [("changed", table, pk)]
    execute_sql(f"DELETE FROM {members} WHERE history_id = %s", pk)
    assert violated_rows() == [("changed", table, pk)]


def test_a_changed_deleted_or_forged_seal_is_named(trail: None) -> None:
    pk = ids("task")[0]
    change("task", pk)
    seal = Seal.objects.filter(table="task").earliest("number")
    # Whoever changes the row makes a seal that fits it: the one after does not follow from it.
    seal.digests = b"".join(
        row.digest for row in row_hashing.between("task", seal.columns, seal.above, seal.upto)
    )
    seal.save()
    assert violated_rows() == [("seal changed", "", None)]
    seal.hash = seal.computed_hash()
    seal.save()
    assert [(one.what, one.seal) for one in all_violations()] == [
        ("seal unlinked", seal.number + 1)
    ]
    Seal.objects.filter(number=seal.number).delete()
    assert [(one.what, one.seal) for one in all_violations()] == [
        ("seal deleted", seal.number),
        ("seal unlinked", seal.number + 1),
    ]


@pytest.mark.parametrize("column", ["newest", "above", "rows", "table"])
def test_a_forged_last_seal_cannot_make_room_for_old_rows(column: str, trail: None) -> None:
    last = Seal.objects.latest("number")
    forged = Seal.objects.get(number=last.number)
    forged.number, forged.previous, forged.above = last.number + 1, last.hash, last.upto
    forged.ids, forged.rows, forged.digests = [], 0, b""
    values = {"newest": last.newest - LATER, "above": 0, "rows": 9, "table": "nothing"}
    setattr(forged, column, values[column])
    forged.hash = forged.computed_hash()
    forged.save(force_insert=True)
    what = "seal unlinked" if column in ("newest", "above") else "seal changed"
    assert (what, forged.number) in [(one.what, one.seal) for one in all_violations()]


def test_columns_added_later_break_no_seal(trail: None, monkeypatch: Any) -> None:
    now = row_hashing.columns_of

    def columns_before(table: str) -> list[str]:
        return [name for name in now(table) if name != "request_id"]

    assert all(seal.columns == now(seal.table) for seal in Seal.objects.all())
    Seal.objects.all().delete()
    # A release that did not know the request yet.
    with monkeypatch.context() as patch:
        patch.setattr(row_hashing, "columns_of", columns_before)
        sealing.seal()
    assert all_violations() == []
    execute_sql("UPDATE qc_historicaltask SET request_id = 'filled later'")
    assert all_violations() == []
    monkeypatch.setattr(row_hashing, "columns_of", lambda table: ["history_date"])
    assert {violation.what for violation in all_violations()} == {"seal unreadable"}


def test_two_processes_that_seal_at_once_make_one_chain(trail: None, monkeypatch: Any) -> None:
    last = ids("event")[-1]
    copy_row("event", last, last + 1)
    last_of = sealing.last_of

    def another_is_quicker(table: str) -> Any:
        monkeypatch.setattr(sealing, "last_of", last_of)
        sealing.seal()
        return last_of(table)

    # It comes between the end of the chain being read and the rows.
    monkeypatch.setattr(sealing, "_seal_late", lambda table: 0)
    monkeypatch.setattr(sealing, "TABLES", {"event": TABLES["event"]})
    monkeypatch.setattr(sealing, "last_of", another_is_quicker)
    assert sealing.seal() == 0
    assert Seal.objects.filter(table="event").latest("number").ids == [[last + 1, last + 1]]
    assert all_violations() == []


def test_rows_of_the_last_seconds_are_not_sealed_yet(
    invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(sealing, "SETTLED", timedelta(seconds=10))
    add_task(invoices)
    assert sealing.seal() == 0
    at_a_later_time(monkeypatch)
    assert sealing.seal() == 2


def test_nightly_run_verifies_new_seals_and_a_part_of_the_rest(
    trail: None, caplog: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(verification_runs, "NIGHTS", 4)
    assert verification_runs.run_nightly() == []
    n = Seal.objects.count()
    new = Verification.objects.get(is_rolling=False)
    assert (new.first, new.last, new.rows) == (1, n, sum(len(ids(table)) for table in TABLES))
    pk = ids("task")[0]
    change("task", pk)
    nights = 0
    while verification_runs.state().alarm is None:
        verification_runs.run_nightly()
        nights += 1
        assert nights < 6
    assert f"Row {pk} in the history of tasks was changed" in caplog.text
    assert str(verification_runs.state().violation).startswith(f"Row {pk} ")
    # It stays, until all of it is right again.
    verification_runs.run(n, n)
    assert verification_runs.state().alarm is not None
    execute_sql("UPDATE qc_historicaltask SET kind = '' WHERE history_id = %s", pk)
    assert verification_runs.run(1, n) == []
    assert verification_runs.state().alarm is None


def test_nightly_run_names_a_deleted_last_seal(trail: None) -> None:
    verification_runs.run_nightly()
    n = Seal.objects.count()
    Seal.objects.get(number=n).delete()
    assert [(one.what, one.seal) for one in verification_runs.run_nightly()] == [
        ("seal deleted", n)
    ]
