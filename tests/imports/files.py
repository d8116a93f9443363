"""Files to import, made in memory."""

from io import BytesIO
from typing import Any

from qc import imports
from qc.imports import runner as import_runner
from qc.models import Import, User
from qc.tables.cells import Fault

HEAD = "reference,name,queue\n"


def import_file(
    data: str | bytes, name: str = "tasks.csv", *, by: User | None, **how: Any
) -> Import:
    """Import a file from its beginning to its end, as the shell does."""
    raw = data.encode() if isinstance(data, str) else data
    return import_runner.import_file(BytesIO(raw), name, by=by, **how)


def faults(record: Import) -> list[Fault]:
    """Return all that is wrong in a file."""
    return imports.faults(record, 1000)


def good_rows(n: int, queue: str = "Invoices") -> str:
    """Return a file of n good rows."""
    return HEAD + "".join(f"A-{number},Check,{queue}\n" for number in range(n))
