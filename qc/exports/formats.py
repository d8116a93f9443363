"""Files of what is exported: tables as CSV or XLSX, of which no cell is run as a formula; JSON."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from openpyxl import Workbook

from qc import tables
from qc.core.exceptions import QCError
from qc.tables.cells import escaped
from qc.tables.formats import MOST_IN_CELL

# Excel takes a CSV file for UTF-8 only when it begins so.
MARK = "\ufeff"
# What is sent at once: a line by itself would be a packet by itself.
BLOCK = 64 * 1024
# No sheet of a workbook has more.
MOST_ROWS = 1_048_576

Rows = Iterable[Sequence[object]]


class NoTable(QCError):
    """No table can hold what is to be exported."""


class _Line:
    """A file that keeps nothing: it gives back each line that is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Rows) -> Iterator[bytes]:
    """Return the lines of a CSV file one by one, in UTF-8."""
    writer = csv.writer(_Line())
    yield MARK.encode()
    for row in rows:
        yield writer.writerow(_safe(row)).encode()


def xlsx_file(rows: Rows) -> IO[bytes]:
    """Return an XLSX file, at its beginning; it is gone when it is closed.

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


def text_workbook(rows: Iterable[Sequence[str]]) -> IO[bytes]:
    """Return an XLSX file, all of it text, at its beginning; it is gone when it is closed.

    Raises NoTable for more rows, or longer texts, than a workbook can hold.
    """
    file = TemporaryFile()  # noqa: SIM115
    tables.write(file, tables.XLSX, _fitting(rows))
    file.seek(0)
    return file


def no_room() -> NoTable:
    """Return the refusal of more rows than a workbook can hold."""
    return NoTable(_("There are too many rows for an Excel workbook. Please choose CSV or JSON."))


def json_lines(told: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Return objects as JSON Lines: each line is one."""
    encode = _Json().encode
    for one in told:
        yield (encode(one) + "\n").encode()


def json_list(told: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Return objects as a JSON list, line by line: each line between the brackets is one."""
    encode, between = _Json().encode, "[\n"
    for one in told:
        yield (between + encode(one)).encode()
        between = ",\n"
    yield b"[]\n" if between == "[\n" else b"\n]\n"


def blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Return the lines again, many at a time."""
    block, size = [], 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


class _Json(DjangoJSONEncoder):
    """JSON that says moments to the microsecond, in UTC, and texts as they are."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=False)

    def default(self, o: Any) -> Any:
        return exactly(o) if isinstance(o, datetime) else super().default(o)


def exactly(moment: datetime) -> str:
    """Return a moment in UTC, to the microsecond, as ISO 8601 has it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _fitting(rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise no_room()
        cells = [escaped(cell) for cell in row]
        if max(map(len, cells)) > MOST_IN_CELL:
            raise _too_long(cells[0])
        yield cells


def _too_long(first: str) -> NoTable:
    words = {"row": first, "most": f"{MOST_IN_CELL:,}"}
    return NoTable(
        _(
            "%(row)s has a text of more than %(most)s characters, too long for a "
            "cell of an Excel workbook. Please choose CSV or JSON."
        )
        % words
    )


def _safe(row: Sequence[object]) -> list[object]:
    return [escaped(cell) if isinstance(cell, str) else cell for cell in row]
