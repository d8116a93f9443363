"""Imports of tasks: from an uploaded file to tasks in the database, and back.

Pages, API and console call `actions`; `runner` checks and writes, batch by batch.
"""

from qc.imports.actions import (
    check_own,
    confirm,
    delete_expired,
    delete_old_files,
    faults,
    known,
    looked_at,
    mapping_faults,
    read_as,
    receive,
    stop,
)

__all__ = [
    "check_own",
    "confirm",
    "delete_expired",
    "delete_old_files",
    "faults",
    "known",
    "looked_at",
    "mapping_faults",
    "read_as",
    "receive",
    "stop",
]
