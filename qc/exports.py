"""Tables for a spreadsheet, as CSV or XLSX: no cell of them is run as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook

from qc.cells import escaped

# Excel takes a CSV file for UTF-8 only when it begins so.
MARK = "\ufeff"

Rows = Iterable[Sequence[object]]


class _Line:
    """A file that keeps nothing: it gives back each line that is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Rows) -> Iterator[bytes]:
    """Gives the lines of a CSV file one by one, in UTF-8."""
    writer = csv.writer(_Line())
    yield MARK.encode()
    for row in rows:
        yield writer.writerow(_safe(row)).encode()


def xlsx_file(rows: Rows) -> IO[bytes]:
    """Gives an XLSX file, at its beginning; it is gone when it is closed.

    Numbers and dates stay what they are, so that a spreadsheet can reckon with them.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(_safe(row))
    file = TemporaryFile()  # noqa: SIM115
    book.save(file)
    file.seek(0)
    return file


def _safe(row: Sequence[object]) -> list[object]:
    return [escaped(cell) if isinstance(cell, str) else cell for cell in row]
