"""What a request writes to the database: collected, and rolled back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

READS = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK)\b")
# What any request may write, and why.
ALWAYS = {
    r"INSERT INTO qc_auditevent": "what was read or exported is recorded",
    r"\w+ (INTO |FROM )?django_session": "their messages wait in their own session",
    r"UPDATE qc_user SET last_seen_at": "when they were last seen",
    r"UPDATE qc_user SET idle_since": "it locks who completes a task; a refusal rolls it back",
    r"UPDATE qc_signin SET (session_key = NULL|last_used_at)": "their own session was used or ends",
}


@contextmanager
def captured_writes() -> Iterator[list[str]]:
    """Collect the statements that write something, and roll them back afterwards."""
    statements: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READS.match(sql):
            statements.append(sql.replace('"', ""))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield statements
        transaction.set_rollback(True)


def not_allowed(statements: list[str], allowed: list[str]) -> list[str]:
    """Return those of the statements that are not allowed."""
    return [one for one in statements if not any(re.match(some, one) for some in allowed)]
