"""Reads CSV and XLSX files into rows of text, and refuses what is neither, in plain words."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

import openpyxl
from django.utils.translation import gettext as _

from qc.exceptions import QCError

XLSX_BEGINS = b"PK\x03\x04"
# An XLSX is a packed folder: what it unpacks to must stay within what a reader can hold.
MOST_UNPACKED = 200 * 1024 * 1024
DELIMITERS = ",;\t"


class BadFile(QCError):
    """This file can't be read as a table."""


@dataclass(frozen=True)
class Row:
    """One row as a spreadsheet numbers it: the header is row 1."""

    number: int
    cells: list[str]


def read(data: bytes, filename: str, *, most: int) -> tuple[list[str], list[Row]]:
    """Gives the header and the rows that are not blank. Raises BadFile, for too many rows too."""
    is_xlsx = filename.lower().endswith(".xlsx")
    if not data.strip():
        raise BadFile(_("The file is empty."))
    if is_xlsx != data.startswith(XLSX_BEGINS):
        found, called = ("XLSX", "CSV") if not is_xlsx else ("CSV", "XLSX")
        raise BadFile(
            _("This is not the %(called)s file that its name says; perhaps it is %(found)s.")
            % {"called": called, "found": found}
        )
    lines = enumerate(_xlsx(data) if is_xlsx else _csv(data), start=1)
    filled = (Row(number, cells) for number, cells in lines if any(cells))
    # No more is read than it takes to see that it is too much.
    rows = list(islice(filled, most + 2))
    if not rows or rows[0].number != 1:
        raise BadFile(_("The first row must name the columns."))
    if len(rows) == 1:
        raise BadFile(_("The file has a header, but no rows."))
    if len(rows) > most + 1:
        raise BadFile(_("The file has more than %d rows, the most that it may have.") % most)
    return rows[0].cells, rows[1:]


def _csv(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile(
            _("Line %d is not in UTF-8. Please save the file as “CSV UTF-8”, or as XLSX.") % line
        ) from error
    if not text.strip():
        raise BadFile(_("The file is empty."))
    if "\0" in text:
        raise BadFile(_("The file has NUL characters: it is no text. Please save it anew as CSV."))
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield [cell.strip() for cell in cells]
    except csv.Error as error:
        message = _("The CSV is broken in line %(line)d: %(what)s.")
        raise BadFile(message % {"line": reader.line_num, "what": error}) from error


def _xlsx(data: bytes) -> Iterator[list[str]]:
    try:
        packed = zipfile.ZipFile(io.BytesIO(data))
        if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
            raise BadFile(_("The file is too large once it is unpacked."))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for cells in book.worksheets[0].iter_rows(values_only=True):
            yield [_text(cell) for cell in cells]
    except QCError:
        raise
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise BadFile(_("This XLSX file can't be read. Please save it anew.")) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
