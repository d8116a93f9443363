"""Some history, and ways to change it in the database behind the back of QC Desk."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from qc import history
from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.verification import find_violations
from qc.audit.seals.violations import Violation
from qc.history import events
from qc.history.registry import TABLES
from qc.models import EventKind, Queue, Task, User
from qc.work import actions, presence

# Where the members of a row are, and who they are.
MEMBERS = {
    "queue": ("qc_historicalqueue_people", "user_id"),
    "person": ("qc_historicaluser_groups", "group_id"),
}


def write_history(anna: User, mona: User, invoices: Queue, tasks: Sequence[Task]) -> None:
    """Write rows to the history of each kind."""
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    for task in tasks[1:]:
        actions.hold(task.pk, by=mona, reason="Ünclear: “why”?")
    invoices.is_paused = True
    history.save(invoices, kind="paused", by=mona)
    for name in ("eve", "mallory"):
        events.record(EventKind.SIGN_IN_FAILED, name=name, address="::1", tried={"b": 1.5, "a": []})


def ids(table: str) -> list[int]:
    return list(TABLES[table].objects.order_by("pk").values_list("pk", flat=True))


def execute_sql(sql: str, *values: Any) -> None:
    """Write to the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def db_table(table: str) -> str:
    return TABLES[table]._meta.db_table


def change(table: str, pk: int) -> None:
    execute_sql(f"UPDATE {db_table(table)} SET kind = 'x' WHERE history_id = %s", pk)


def delete(table: str, pk: int) -> None:
    execute_sql(f"DELETE FROM {db_table(table)} WHERE history_id = %s", pk)


def move(table: str, pk: int, to: int) -> None:
    execute_sql(f"UPDATE {db_table(table)} SET history_id = %s WHERE history_id = %s", to, pk)


def swap(table: str, one: int, other: int) -> None:
    for pk, to in ((one, -1), (other, one), (-1, other)):
        move(table, pk, to)


def copy_row(table: str, pk: int, to: int) -> None:
    """Insert a copy of a row."""
    names = [field.column for field in TABLES[table]._meta.concrete_fields]
    columns = ", ".join(name for name in names if name != "history_id")
    execute_sql(
        f"INSERT INTO {db_table(table)} (history_id, {columns})"
        f" SELECT %s, {columns} FROM {db_table(table)} WHERE history_id = %s",
        to,
        pk,
    )


def all_violations() -> list[Violation]:
    """Return all violations in the whole chain."""
    head = newest_seal()
    return list(find_violations(1, head.number if head else 0))


def violated_rows() -> list[tuple[str, str, int | None]]:
    return [(violation.what, violation.table, violation.row) for violation in all_violations()]


def member_row_ids(table: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT history_id FROM {table} ORDER BY history_id")
        return [pk for (pk,) in cursor.fetchall()]


def move_apart(table: str, pk: int) -> None:
    """Move a row away from the one before it, with its members."""
    move(table, pk, pk * 10)
    if table in MEMBERS:
        members = MEMBERS[table][0]
        execute_sql(f"UPDATE {members} SET history_id = %s WHERE history_id = %s", pk * 10, pk)
