"""Files to import, made in memory."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from qc import imports
from qc.imports import runner as import_runner
from qc.imports.choices import open_choices
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


def choices(record: Import) -> list[str]:
    """Return the names of what has to be chosen."""
    return [choice.name for choice in open_choices(record)]


def workbook(rows: list[list[Any]], change: Callable[[Worksheet], None] | None = None) -> bytes:
    """Return a workbook with these cells on its one sheet, which `change` may change."""
    book = Workbook()
    assert book.active is not None
    for cells in rows:
        book.active.append(cells)
    if change:
        change(book.active)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def good_rows(n: int, queue: str = "Invoices") -> str:
    """Return a file of n good rows."""
    return HEAD + "".join(f"A-{number},Check,{queue}\n" for number in range(n))


def in_64_bits(data: bytes) -> bytes:
    """Return a workbook as Java programs write it: with the longer end, small as it is."""
    at = data.rindex(b"PK\5\6")
    count, length, start = (
        int.from_bytes(data[at + first : at + last], "little")
        for first, last in ((10, 12), (12, 16), (16, 20))
    )
    parts = [(44, 8), (45, 2), (45, 2), (0, 4), (0, 4)]
    parts += [(count, 8), (count, 8), (length, 8), (start, 8)]
    end = b"PK\6\6" + b"".join(value.to_bytes(size, "little") for value, size in parts)
    locator = b"PK\6\7" + bytes(4) + at.to_bytes(8, "little") + (1).to_bytes(4, "little")
    return data[:at] + end + locator + data[at:]
