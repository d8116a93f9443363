"""Reads one sheet of a workbook, each cell as text."""

import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from itertools import islice

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_ISO8601

from qc.tables.formats import MOST_COLUMNS, MOST_IN_CELL, Row, row, too_long, too_wide
from qc.tables.xlsx import package
from qc.tables.xlsx.numbers import Numbers, moment_text

# How a workbook writes a character that XML can't hold; surrogates are never written so.
ESCAPED = re.compile("_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
# Texts unpacked ahead.
AHEAD = 10_000
# Excel's error for a failed formula; here also for one that was never calculated.
NOT_CALCULATED = "#CALC!"


class Texts:
    """The texts of a workbook, to which cells refer by number: unpacked to the disk when needed.

    The first rows of a large workbook mostly have the first of its texts.
    """

    def __init__(self, packed: zipfile.ZipFile, part: str) -> None:
        self.unpacked = _shared(packed, part)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the texts
        # An empty file can't be mapped.
        self.file.write(b"\0")
        self.ends = array("Q", [1])
        self._unpack(AHEAD)

    def __getitem__(self, number: int) -> str:
        missing = number + 2 - len(self.ends)
        if missing > 0:
            self._unpack(missing + AHEAD)
        return self.bytes[self.ends[number] : self.ends[number + 1]].decode()

    def _unpack(self, n: int) -> None:
        for text in islice(self.unpacked, n):
            self.file.write(text.encode())
            self.ends.append(self.file.tell())
        self.file.flush()
        self.bytes = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)

    def close(self) -> None:
        """Delete the texts from the disk."""
        self.bytes.close()
        self.file.close()


def rows(packed: zipfile.ZipFile, part: str, texts: Texts, numbers: Numbers) -> Iterator[Row]:
    """Yield the rows of a sheet, with the numbers that they have there.

    A merged cell's text is in its first cell. Raises BadFile, ValueError.
    """
    number, cell = 0, _Cell({}, 0)
    cells: list[str] = []
    for name, attributes, text in package.events(packed, part):
        if name == "row" and attributes is not None:
            number, cells, cell = int(attributes.get("r", number + 1)), [], _Cell({}, 0)
        elif name == "row":
            yield row(number, cells)
        elif name == "c" and attributes is not None:
            cell = _Cell(attributes, cell.column + 1)
        elif name == "c":
            _put(cells, cell.column, cell.value(texts, numbers))
            if len(cells) > MOST_COLUMNS:
                raise too_wide(number)
        else:
            cell.add(name, text, begins=attributes is not None)
            if len(cell.text) > MOST_IN_CELL:
                raise too_long(number)


class _Cell:
    """A cell while it is read."""

    __slots__ = ("column", "is_formula", "is_phonetic", "kind", "style", "text")

    def __init__(self, attributes: dict[str, str], column: int) -> None:
        self.kind = attributes.get("t", "n")
        self.style = int(attributes.get("s", 0))
        place = attributes.get("r", "").rstrip("0123456789")
        self.column = column_index_from_string(place) if place else column
        self.text = ""
        self.is_formula = self.is_phonetic = False

    def add(self, name: str, text: str, *, begins: bool) -> None:
        """Add an element of the cell; phonetic readings are left out."""
        if name == "rPh":
            self.is_phonetic = begins
        elif name == "f":
            self.is_formula = True
        elif not begins and (name == "v" or (name == "t" and not self.is_phonetic)):
            self.text += text

    def value(self, texts: Texts, numbers: Numbers) -> str:
        """Return the cell as text."""
        if self.kind == "s":
            return texts[int(self.text)] if self.text else ""
        if self.kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(self.text, self.text)
        if self.kind == "d":
            return moment_text(from_ISO8601(self.text))
        if self.kind != "n":
            return _unescaped(self.text)
        if self.is_formula and not self.text:
            return NOT_CALCULATED
        return numbers.text(self.text, self.style)


def _put(cells: list[str], column: int, text: str) -> None:
    if text:
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text


def _shared(packed: zipfile.ZipFile, part: str) -> Iterator[str]:
    cell = _Cell({}, 0)
    for name, attributes, text in package.events(packed, part):
        if len(cell.text) > MOST_IN_CELL:
            raise package.far_too_long()
        if name != "si":
            cell.add(name, text, begins=attributes is not None)
        elif attributes is not None:
            cell = _Cell({}, 0)
        else:
            yield _unescaped(cell.text)


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
