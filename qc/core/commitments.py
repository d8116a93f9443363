"""Personal columns of history: a name can be taken out of them, and the seal still fits.

Sealed is not such a value itself but its commitment: SHA-256 of it with the row's random salt.
Whoever takes the name out keeps the commitments in the row and throws the salt away: the row's
digest stays what it was, and nobody can find the name by trying names.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from qc.core.canonical_json import canonical

# By table. All of a row go together, or none.
PERSONAL = {
    "person": ("username", "first_name", "last_name", "email"),
    "event": ("name", "address", "about"),
}
# How the name of a column ends of which the commitment is sealed.
MARK = "~"
BYTES = 16


def new_salt() -> str:
    """Return a salt that nobody can guess."""
    return secrets.token_hex(BYTES)


def pseudonym(person: int) -> str:
    """Return the name of a person whose own was taken out."""
    return f"leaver-{person}"


# Never sealed themselves: they are what may change.
BESIDE = ("salt", "commitments")


def opening(salt: str, column: str, value: Any) -> list[Any]:
    """Return what the commitment to a value is over."""
    return [salt, column, value]


def commitment(opened: Sequence[Any]) -> str:
    """Return what is sealed in place of a value."""
    return hashlib.sha256(canonical(opened).encode()).hexdigest()


def veil(table: str, row: Any, shown: Mapping[str, Any]) -> None:
    """Take the personal values out of a row, and put into it what is shown in their place."""
    row.commitments = {
        name: commitment(opening(row.salt, name, getattr(row, name))) for name in PERSONAL[table]
    }
    row.salt = ""
    for name, value in shown.items():
        setattr(row, name, value)
