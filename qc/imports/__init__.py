"""Imports of tasks: from an uploaded file to tasks in the database, and back.

`actions` is what pages, API and console call; `runner` checks and writes, batch after batch.
"""

from qc.imports.actions import (
    confirm,
    faults,
    forget,
    known,
    mapping_faults,
    read_as,
    receive,
    stop,
)

__all__ = ["confirm", "faults", "forget", "known", "mapping_faults", "read_as", "receive", "stop"]
