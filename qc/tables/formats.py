"""Rows of tables, the formats of files, and limits of sizes."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from qc.core.exceptions import QCError
from qc.core.localization import number

# By Python's names; each with or without a byte order mark.
UNICODE = {
    "utf-8": gettext_lazy("UTF-8"),
    "utf-16-le": gettext_lazy("UTF-16, little endian"),
    "utf-16-be": gettext_lazy("UTF-16, big endian"),
}
# The usual ones of older programs: nothing in a file says which of them it is in.
CODE_PAGES = {
    "cp1252": gettext_lazy("Windows-1252 (Western European)"),
    "cp1250": gettext_lazy("Windows-1250 (Central European)"),
    "cp1251": gettext_lazy("Windows-1251 (Cyrillic)"),
    "cp1253": gettext_lazy("Windows-1253 (Greek)"),
    "cp1254": gettext_lazy("Windows-1254 (Turkish)"),
    "mac_roman": gettext_lazy("Mac Roman"),
    "cp932": gettext_lazy("Shift-JIS (Japanese)"),
    "gbk": gettext_lazy("GBK (Chinese, simplified)"),
    "big5": gettext_lazy("Big5 (Chinese, traditional)"),
    "cp949": gettext_lazy("EUC-KR (Korean)"),
    "koi8_r": gettext_lazy("KOI8-R (Cyrillic)"),
}
ENCODINGS = UNICODE | CODE_PAGES
DELIMITERS = {
    ",": pgettext_lazy("between cells", "comma"),
    ";": pgettext_lazy("between cells", "semicolon"),
    "\t": pgettext_lazy("between cells", "tab"),
    "|": pgettext_lazy("between cells", "vertical bar"),
}

MOST_COLUMNS = 256
# The number of the header's row in a table that has none.
NO_HEADER = 0
# No spreadsheet holds more in a cell.
MOST_IN_CELL = 32_767
MOST_IN_ROW = 1_000_000


class BadFile(QCError):
    """This file can't be read as a table; `values` fill the gaps of the message."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values if values else message)


@dataclass(frozen=True)
class Format:
    """The format of a file: a workbook, or text with its encoding and delimiter.

    JSON is a list of objects ("json") or an object in each line ("jsonl"). Where nothing proves the
    encoding, it is the likeliest of `encodings`.
    """

    kind: Literal["csv", "xlsx", "json", "jsonl"]
    encoding: str = ""
    delimiter: str = ""
    encodings: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        if self.kind == "xlsx":
            return _("Excel workbook (XLSX)")
        if self.kind == "json":
            return _("JSON: %s, a list of rows") % ENCODINGS[self.encoding]
        if self.kind == "jsonl":
            return _("JSON Lines: %s, a row in each line") % ENCODINGS[self.encoding]
        words = {"encoding": ENCODINGS[self.encoding], "delimiter": DELIMITERS[self.delimiter]}
        return _("Text (CSV): %(encoding)s, cells separated by %(delimiter)s") % words


XLSX = Format("xlsx")


class Row(NamedTuple):
    """A row by the number that a spreadsheet shows, without the empty cells at its end.

    In JSON the header is not a row: its rows are counted from 1. `links` are the addresses of
    linked cells and `rounded` the cells with whole numbers that may have lost digits, by column
    from 0.
    """

    number: int
    cells: list[str]
    is_hidden: bool = False
    links: Mapping[int, str] | None = None
    rounded: frozenset[int] = frozenset()


def row(number: int, cells: list[str]) -> Row:
    """Return a row of these cells. Raises BadFile for too many cells, or too long ones."""
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise too_wide(number)
    if max(map(len, cells), default=0) > MOST_IN_CELL:
        raise too_long(number)
    return Row(number, cells)


def column_name(at: int) -> str:
    """Return the name of a column without a heading, by its place from 0."""
    return f"column {at + 1}"


def empty() -> BadFile:
    """Return the refusal of a file without rows."""
    return BadFile(_("The file is empty."))


def too_wide(row: int) -> BadFile:
    """Return the refusal of a row with too many cells."""
    return BadFile(_("Row %(row)d has more than %(most)d cells."), row=row, most=MOST_COLUMNS)


def too_long(row: int) -> BadFile:
    """Return the refusal of a row that is too long, or has a cell that is."""
    return BadFile(
        _("Row %(row)d is too long: a cell may have %(in_cell)s characters, a row %(in_row)s."),
        row=row,
        in_cell=number(MOST_IN_CELL),
        in_row=number(MOST_IN_ROW),
    )


@contextmanager
def as_text(file: BinaryIO, encoding: str, errors: str = "strict") -> Iterator[io.TextIOWrapper]:
    """Read or write a binary file as text, all line ends as they are; it stays open."""
    text = io.TextIOWrapper(file, encoding, errors=errors, newline="")
    try:
        yield text
    finally:
        # Otherwise the wrapper would close the file.
        text.detach()
