"""Finds the encoding of a text file, and the delimiter of its cells."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from qc.tables.formats import DELIMITERS, empty

CHUNK = 1024 * 1024
# The bytes from which the delimiter is found, and the records in them.
HEAD = 64 * 1024
RECORDS = 50
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Excel's own first line, which names the delimiter; it is not a row.
SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?\r?\n?', re.IGNORECASE | re.DOTALL)


def encoding(file: BinaryIO) -> str:
    """Return the encoding: by its mark, by the NULs of UTF-16, or else by trying all of the file.

    A file that begins as UTF-8 beyond ASCII counts as UTF-8, even if broken later: Windows-1252
    hardly ever looks like that. Reading it reports the broken line.
    """
    file.seek(0)
    head = file.read(HEAD)
    marked = (name for mark, name in MARKS.items() if head.startswith(mark))
    return next(marked, "") or _utf16(head) or _utf8_or_windows(file)


def head(file: BinaryIO, encoding: str) -> tuple[str, bool]:
    """Return the beginning of a text, and whether that is all. Raises BadFile when it is empty."""
    file.seek(0)
    data = file.read(HEAD)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if not text.strip():
        raise empty()
    return text, len(data) < HEAD


def delimiter(head: str, *, is_whole: bool) -> str:
    """Return the delimiter: the one with which most of the first rows are as wide as the first."""
    separator = SEPARATOR.fullmatch(io.StringIO(head, newline="").readline())
    if separator and separator[1] in DELIMITERS:
        return separator[1]
    return max(DELIMITERS, key=lambda candidate: _fits(head, candidate, is_whole))


def _utf16(head: bytes) -> str:
    # Nearly every second byte of a table's commas, digits and line ends is NUL.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 <= len(head) // 2:
        return ""
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else ""


def _utf8_or_windows(file: BinaryIO) -> str:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_beyond_ascii = False
    try:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            is_beyond_ascii |= not decoder.decode(chunk).isascii()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        is_beyond_ascii |= not error.object[: error.start].isascii()
        return "utf-8" if is_beyond_ascii else "cp1252"
    return "utf-8"


def _fits(head: str, delimiter: str, is_whole: bool) -> tuple[float, int]:
    widths = list(_widths(head, delimiter))
    # The last record may be cut off.
    if not is_whole and len(widths) > 1:
        widths.pop()
    first = widths[0] if widths else 0
    # A row may leave out its last cells, but a row of one cell proves nothing.
    agree = sum(1 < width <= first for width in widths)
    return agree / max(len(widths), 1), first


def _widths(head: str, delimiter: str) -> Iterator[int]:
    lines = io.StringIO(head, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    with suppress(csv.Error):
        for cells in reader:
            filled = [at for at, cell in enumerate(cells, start=1) if cell.strip()]
            yield from filled[-1:]
            if reader.line_num > RECORDS:
                return
