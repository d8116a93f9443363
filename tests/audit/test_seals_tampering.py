"""Random tampering with sealed rows is found, and each row is named.

QC_TAMPERINGS says how many ways are tried.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc.audit.seals import sealing
from qc.history.registry import TABLES
from qc.models import Queue, Task, User
from tests.audit import tampering
from tests.audit.tampering import (
    MEMBERS,
    all_violations,
    copy_row,
    db_table,
    delete,
    execute_sql,
    ids,
    swap,
    violated_rows,
)

TIMES = int(os.environ.get("QC_TAMPERINGS", "50"))
SECRETLY = settings(
    max_examples=TIMES,
    deadline=None,
    derandomize=TIMES == 50,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NUMBERS = st.integers(min_value=0, max_value=99)
TAMPERING = st.tuples(
    st.sampled_from(["change", "delete", "insert", "swap", "member"]),
    st.sampled_from(list(TABLES)),
    NUMBERS,
    NUMBERS,
)


@pytest.fixture
def trail(
    anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> None:
    """Some rows of each kind with room between them, sealed a few at a time."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    monkeypatch.setattr(sealing, "BATCH", 4)
    # No row is still awaited in a gap.
    monkeypatch.setattr(sealing, "_appeared", lambda last: [])
    monkeypatch.setattr("qc.audit.seals.verification.open_above", lambda last: last.upto)
    tampering.write_history(anna, mona, invoices, [add_task(invoices) for _ in range(8)])
    for table in TABLES:
        for pk in reversed(ids(table)):
            tampering.move_apart(table, pk)
    sealing.seal()


@SECRETLY
@given(tamperings=st.lists(TAMPERING, min_size=1, max_size=3))
def test_any_tampering_is_found_in_each_row(
    tamperings: list[tuple[str, str, int, int]], trail: None
) -> None:
    with transaction.atomic():
        before = contents()
        with connection.constraint_checks_disabled():
            for tampering in tamperings:
                tamper(*tampering)
        after = contents()
        wrong = {key for key in before | after if before.get(key) != after.get(key)}
        assert {(violation.table, violation.row) for violation in all_violations()} == wrong
        transaction.set_rollback(True)
    assert violated_rows() == []


def contents() -> dict[tuple[str, int], str]:
    """Return all rows, read as people read them."""
    return {
        (table, row.pk): f"{columns(row)} {members(row)}"
        for table, model in TABLES.items()
        for row in model.objects.all()
    }


def columns(row: Any) -> list[str]:
    return [f"{field.name}={getattr(row, field.attname)}" for field in row._meta.concrete_fields]


def members(row: Any) -> str:
    fields = getattr(row, "_history_m2m_fields", ())
    return "".join(
        str(sorted(getattr(row, one.name).values_list(one.m2m_reverse_name(), flat=True)))
        for one in fields
    )


def tamper(how: str, table: str, one: int, other: int) -> None:
    """Do something to a row of a table, as whoever can write to the database may."""
    rows = ids(table)
    if not rows:
        return
    pk, second = rows[one % len(rows)], rows[other % len(rows)]
    if how == "delete":
        delete(table, pk)
    elif how == "insert":
        to = pk - 1 - other % 8
        # MariaDB takes 0 for the next id: that would be a row of now, which no seal has yet.
        if to not in (0, *rows):
            copy_row(table, pk, to)
    elif how == "swap" and pk != second:
        swap(table, pk, second)
    elif how == "member" and table in MEMBERS:
        execute_sql(f"DELETE FROM {MEMBERS[table][0]} WHERE history_id = %s", pk)
    elif how == "change":
        change_column(table, pk, other)


def change_column(table: str, pk: int, which: int) -> None:
    """Give any one column of a row another value."""
    fields = [one for one in TABLES[table]._meta.concrete_fields if not one.primary_key]
    field = fields[which % len(fields)]
    kind = field.get_internal_type()
    others = {"DateTimeField": f"2020-01-01 00:00:00.0000{which:02}", "JSONField": '{"x": 1}'}
    value = f"1 - {field.column}" if kind == "BooleanField" else "%s"
    values = [pk] if kind == "BooleanField" else [others.get(kind, which % 10), pk]
    execute_sql(
        f"UPDATE {db_table(table)} SET {field.column} = {value} WHERE history_id = %s", *values
    )
