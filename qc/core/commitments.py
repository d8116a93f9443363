"""Commitments to the personal values of history: a name can be erased, and its seal still fits.

Instead of a personal value its commitment is sealed: the SHA-256 of the value with the row's random
salt. To erase a name the row keeps the commitments and loses the salt: its digest stays the same,
and nobody can find the name by trying names.
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
# What follows a column's name where its commitment is sealed in its place.
COMMITTED = "~"
# Columns that change when a name is erased, and so are never sealed themselves.
COMMITMENT_COLUMNS = ("salt", "commitments")
SALT_BYTES = 16


def new_salt() -> str:
    """Return a salt that nobody can guess."""
    return secrets.token_hex(SALT_BYTES)


def pseudonym(person: int) -> str:
    """Return the name of a person whose own was erased."""
    return f"leaver-{person}"


def commitment_input(salt: str, column: str, value: Any) -> list[Any]:
    """Return what the commitment to a value is the hash of; showing it proves the value."""
    return [salt, column, value]


def commitment(committed: list[Any]) -> str:
    """Return the commitment to a `commitment_input`."""
    return hashed(committed)


def erase(table: str, row: Any, shown: Mapping[str, Any]) -> None:
    """Replace a row's personal values by those of `shown`, and keep only commitments to them."""
    row.commitments = {
        name: commitment(commitment_input(row.salt, name, getattr(row, name)))
        for name in PERSONAL[table]
    }
    row.salt = ""
    for name, value in shown.items():
        setattr(row, name, value)
