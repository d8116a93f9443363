"""Reads tables in many formats row by row, and writes them in the same formats.

`detect` finds the format of a file by its content; `read` yields the rows one by one; `write`
writes rows that `read` returns unchanged; anything else raises BadFile with a message for the
uploader.
"""

from collections.abc import Generator, Iterable, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from qc.tables import csv_files, json_files, signatures, sniffing
from qc.tables.formats import XLSX, BadFile, Format, Row, empty
from qc.tables.xlsx import reader, writer

__all__ = ["XLSX", "BadFile", "Format", "Row", "detect", "read", "write"]


def detect(file: BinaryIO) -> Format:
    """Return the format of a file, from its content. Raises BadFile for what is no table."""
    file.seek(0)
    if signatures.is_packed(file.read(signatures.LONGEST)):
        return XLSX
    encoding = sniffing.encoding(file)
    head, is_whole = sniffing.head(file, encoding)
    if kind := signatures.json_kind(head):
        return Format(kind, encoding)
    return Format("csv", encoding, sniffing.delimiter(head, is_whole=is_whole))


def read(file: BinaryIO, format: Format) -> Generator[Row, None, None]:
    """Yield the rows that are not blank, the header first.

    Raises BadFile where the file is broken, and at its end if it has no row but the header.
    """
    file.seek(0)
    rows = reader.read(file) if format.kind == "xlsx" else _module(format).read(file, format)
    filled = (row for row in rows if any(cell.strip() for cell in row.cells))
    first = list(islice(filled, 2))
    if not first:
        raise empty()
    yield first[0]
    if len(first) == 1:
        raise BadFile(_("The file has a header, but no rows."))
    yield from chain(first[1:], filled)


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
