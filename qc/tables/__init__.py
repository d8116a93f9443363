"""Reads tables in many formats row by row, and writes them in the same formats.

`detect` finds the format of a file by its content; `read` yields the rows one by one; `write`
writes rows that `read` returns unchanged; anything else raises BadFile with a message for the
uploader.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import chain, dropwhile, islice
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from qc.tables import csv_files, encodings, json_files, signatures, sniffing
from qc.tables.encodings import first_lines
from qc.tables.formats import NO_HEADER, XLSX, BadFile, Format, Row, column_name, empty
from qc.tables.xlsx import reader, writer

__all__ = [
    "NO_HEADER",
    "TOP",
    "XLSX",
    "BadFile",
    "Format",
    "Row",
    "column_name",
    "column_names",
    "detect",
    "first_lines",
    "read",
    "rows",
    "sheets",
    "unpacked_size",
    "with_encoding",
    "write",
]

# The header is one of so many rows.
TOP = 20


def detect(file: BinaryIO) -> Format:
    """Return the format of a file, from its content. Raises BadFile for what is no table."""
    file.seek(0)
    if signatures.is_packed(file.read(signatures.LONGEST)):
        return XLSX
    encoding, *others = encodings.detect(file)
    return with_encoding(file, encoding, possible=(encoding, *others) if others else ())


def with_encoding(file: BinaryIO, encoding: str, possible: tuple[str, ...] = ()) -> Format:
    """Return the format of a text file in an encoding. Raises BadFile for what is no table."""
    head, is_whole = sniffing.head(file, encoding)
    if kind := signatures.json_kind(head):
        return Format(kind, encoding, encodings=possible)
    return Format("csv", encoding, sniffing.delimiter(head, is_whole=is_whole), possible)


def sheets(file: BinaryIO, format: Format) -> list[str]:
    """Return the names of a workbook's visible sheets; none of other files. Raises BadFile."""
    return reader.sheets(file) if format.kind == "xlsx" else []


def unpacked_size(file: BinaryIO, format: Format, sheet: str = "") -> int:
    """Return how many bytes there are to read. Raises BadFile."""
    return reader.unpacked_size(file, sheet) if format.kind == "xlsx" else file.seek(0, 2)


def rows(
    file: BinaryIO, format: Format, sheet: str = "", *, with_links: bool = False
) -> Generator[Row, None, None]:
    """Yield the rows that are not blank, those above the header too. Raises BadFile."""
    file.seek(0)
    if format.kind == "xlsx":
        found = reader.read(file, sheet, with_links=with_links)
    else:
        found = _module(format).read(file, format)
    yield from (row for row in found if any(map(str.strip, row.cells)))


def read(
    file: BinaryIO,
    format: Format,
    sheet: str = "",
    header_row: int | None = None,
    *,
    with_links: bool = False,
) -> Generator[Row, None, None]:
    """Yield the rows that are not blank, the header first: the first row, or the one of a number.

    With the number `NO_HEADER` the columns are named by their numbers. Raises BadFile where the
    file is broken, and at its end if it has no row but the header.
    """
    filled: Iterator[Row] = rows(file, format, sheet, with_links=with_links)
    if header_row:
        filled = dropwhile(lambda row: row.number < header_row, filled)
    first = list(islice(filled, TOP))
    if not first:
        raise BadFile(_("There is no row %d.") % header_row) if header_row else empty()
    if header_row == NO_HEADER:
        yield Row(NO_HEADER, column_names(first))
    elif len(first) == 1:
        yield first[0]
        raise BadFile(_("The file has a header, but no rows."))
    yield from chain(first, filled)


def column_names(top: Sequence[Row]) -> list[str]:
    """Return the header of a table that has none, given its first rows."""
    return [column_name(at) for at in range(max(len(row.cells) for row in top))]


def write(file: BinaryIO, format: Format, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of text; reading returns them unchanged, but without empty last cells.

    A character that Windows-1252 lacks becomes a question mark; JSON is written in UTF-8.
    """
    if format.kind == "xlsx":
        writer.write(file, rows)
    else:
        _module(format).write(file, format, rows)


def _module(format: Format) -> Any:
    return csv_files if format.kind == "csv" else json_files
