"""Writes rows as CSV or XLSX without any formulas, and objects as JSON."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from openpyxl import Workbook

from qc import tables
from qc.core.exceptions import QCError
from qc.core.localization import number, utc_isoformat
from qc.tables.cells import escaped, quoted_within
from qc.tables.formats import MOST_IN_CELL

# Excel reads a CSV file as UTF-8 only if it begins with this.
BOM = "\ufeff"
# Bytes sent at once: otherwise each line would be a packet of its own.
BLOCK = 64 * 1024
# The most rows of a sheet in Excel.
MOST_ROWS = 1_048_576

Rows = Iterable[Sequence[object]]


class NoTable(QCError):
    """The rows don't fit into a table."""


class _Json(DjangoJSONEncoder):
    """JSON with moments in UTC to the microsecond."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return utc_isoformat(o, "microseconds")
        return super().default(o)


ENCODE = _Json(ensure_ascii=False).encode


class _Line:
    """A file whose `write` returns the line."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Rows) -> Iterator[bytes]:
    """Yield the lines of a CSV file, in UTF-8."""
    writer = csv.writer(_Line())
    yield BOM.encode()
    for row in rows:
        safe = [quoted_within(cell) if isinstance(cell, str) else cell for cell in _safe(row)]
        yield writer.writerow(safe).encode()


def xlsx_file(rows: Rows) -> IO[bytes]:
    """Return a temporary XLSX file, at its beginning; numbers and dates keep their types."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(_safe(row))
    file = TemporaryFile()  # noqa: SIM115
    book.save(file)
    file.seek(0)
    return file


def text_workbook(rows: Iterable[Sequence[str]]) -> IO[bytes]:
    """Return a temporary XLSX file, all of it text, at its beginning.

    Raises NoTable for more rows, or longer texts, than a workbook can hold.
    """
    file = TemporaryFile()  # noqa: SIM115
    tables.write(file, tables.XLSX, _fitting(rows))
    file.seek(0)
    return file


def too_many_rows() -> NoTable:
    """Return the error for more rows than a workbook can hold."""
    return NoTable(_("There are too many rows for an Excel workbook. Please choose CSV or JSON."))


def json_lines(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield objects as JSON Lines."""
    for one in objects:
        yield (ENCODE(one) + "\n").encode()


def json_list(objects: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield objects as a JSON list, each on a line of its own."""
    between = "[\n"
    for one in objects:
        yield (between + ENCODE(one)).encode()
        between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"


def blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines, many joined at a time."""
    block, size = [], 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _fitting(rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    for at, row in enumerate(rows, start=1):
        if at > MOST_ROWS:
            raise too_many_rows()
        cells = [escaped(cell) for cell in row]
        if max(map(len, cells)) > MOST_IN_CELL:
            message = _(
                "%(row)s has a text of more than %(most)s characters, too long for a "
                "cell of an Excel workbook. Please choose CSV or JSON."
            )
            raise NoTable(message % {"row": cells[0], "most": number(MOST_IN_CELL)})
        yield cells


def _safe(row: Sequence[object]) -> list[object]:
    return [escaped(cell) if isinstance(cell, str) else cell for cell in row]
