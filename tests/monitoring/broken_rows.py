"""Rows that no code of ours could have written: damaged on the disk, or by somebody's own SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

UNCHECKED = {
    "mysql": (
        "SET SESSION sql_mode='', foreign_key_checks=0, check_constraint_checks=0",
        "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', "
        "foreign_key_checks=1, check_constraint_checks=1",
    ),
    "sqlite": (
        "PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON",
        "PRAGMA foreign_keys=ON; PRAGMA ignore_check_constraints=OFF",
    ),
}
# What no column of this kind can have, and yet can be found in one.
NO_MOMENT = {"mysql": "0000-00-00 00:00:00", "sqlite": "yesterday"}
NO_LENGTH = {"mysql": -(2**63), "sqlite": "a day"}
NO_NUMBER = {"mysql": 0, "sqlite": "one"}
NO_JSON = dict.fromkeys(UNCHECKED, "{no")
# Of a row that is not there.
GONE = dict.fromkeys(UNCHECKED, 999_999)


def spoil(row: Model, column: str, values: dict[str, Any]) -> None:
    """Write a value into a column that the database would refuse."""
    table = connection.ops.quote_name(row._meta.db_table)
    with unchecked(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = %s WHERE id = %s", [values[connection.vendor], row.pk]
        )


@contextmanager
def unchecked() -> Iterator[None]:
    """Let the database take everything."""
    before, after = UNCHECKED[connection.vendor]
    with connection.cursor() as cursor:
        try:
            for statement in before.split("; "):
                cursor.execute(statement)
            yield
        finally:
            for statement in after.split("; "):
                cursor.execute(statement)
