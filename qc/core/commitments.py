"""Commitments to the personal values of history: a name can be erased, and its seal stays valid.

Instead of a personal value its commitment is sealed: the SHA-256 of the value with the row's random
salt. When a name is erased the row keeps the commitments and loses the salt: its digest stays the
same, and nobody can find the name by trying names.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from qc.core.canonical_json import hashed

# The personal columns of each table. Those of a row are erased together.
PERSONAL = {
    "person": ("username", "first_name", "last_name", "email"),
    "event": ("name", "address", "about"),
}
# Follows the name of a column that is sealed by its commitment.
COMMITTED = "~"
# Columns that change when a name is erased, and so are never sealed themselves.
COMMITMENT_COLUMNS = ("salt", "commitments")
SALT_BYTES = 16


def new_salt() -> str:
    """Return a salt that nobody can guess."""
    return secrets.token_hex(SALT_BYTES)


def pseudonym(person: int) -> str:
    """Return the name given to a person whose own was erased."""
    return f"leaver-{person}"


def commitment_input(salt: str, column: str, value: Any) -> list[Any]:
    """Return what is hashed to commit to a value; showing it proves the value."""
    return [salt, column, value]


def commitment(committed: list[Any]) -> str:
    """Return the commitment to a `commitment_input`."""
    return hashed(committed)


def erase(table: str, row: Any, shown: Mapping[str, Any]) -> None:
    """Replace a row's personal values by those of `shown`; keep commitments to the old ones."""
    row.commitments = {
        name: commitment(commitment_input(row.salt, name, getattr(row, name)))
        for name in PERSONAL[table]
    }
    row.salt = ""
    for name, value in shown.items():
        setattr(row, name, value)
