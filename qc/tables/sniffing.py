"""Reads the beginning of a text file, and finds the delimiter of its cells."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from qc.tables.formats import DELIMITERS, empty

# The bytes from which the delimiter is found, and the records in them.
HEAD = 64 * 1024
RECORDS = 50
# Excel's own first line, which names the delimiter; it is not a row.
SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?\r?\n?', re.IGNORECASE | re.DOTALL)


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


def _fits(head: str, delimiter: str, is_whole: bool) -> tuple[float, int]:
    widths = list(_widths(head, delimiter))
    # The last record may be cut off.
    if not is_whole and len(widths) > 1:
        widths.pop()
    # Titles above the header are rows of one cell.
    first = next((width for width in widths if width > 1), 1)
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
