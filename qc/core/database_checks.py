"""What a MariaDB or MySQL database must be like: `manage.py check --database default`, `migrate`.

Names are compared by their characters wherever QC Desk does it itself. Where the database does it,
for sorting and for unique names, it goes by the collation of the column.
"""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

# The columns with the names that people type, in the tables of this and of other packages.
NAMES = {
    ("qc_user", "username"),
    ("qc_queue", "name"),
    ("auth_group", "name"),
    ("qc_task", "reference"),
    ("qc_historicaltask", "reference"),
    ("qc_historicaluser", "username"),
    ("qc_historicalqueue", "name"),
}
CHARACTERS = "utf8mb4"
ALLOWED = [
    f"{CHARACTERS}_{rule}"
    for rule in ("general_ci", "unicode_ci", "unicode_520_ci", "uca1400_ai_ci", "0900_ai_ci", "bin")
]
COLLATIONS = (
    "SELECT table_name, column_name, collation_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND collation_name IS NOT NULL"
)


@checks.register(checks.Tags.database)
def check_collations(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """Name each column of names that is not compared in one of the ways that were tested."""
    found = []
    for alias in databases or ():
        if connections[alias].vendor == "mysql":
            with connections[alias].cursor() as cursor:
                cursor.execute(COLLATIONS)
                found += [_message(*row) for row in cursor.fetchall() if _is_other(*row)]
    return found


def _is_other(table: str, column: str, collation: str) -> bool:
    return (table, column) in NAMES and collation not in ALLOWED


def _message(table: str, column: str, collation: str) -> checks.CheckMessage:
    is_narrow = not collation.startswith(CHARACTERS)
    kind = checks.Error if is_narrow else checks.Warning
    return kind(
        f"The collation of {table}.{column} is {collation}.",
        hint=f"It must be one of {', '.join(ALLOWED)}: docs/databases.md says how to change it.",
        id="qc.E001" if is_narrow else "qc.W001",
    )
