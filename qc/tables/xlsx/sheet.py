"""Reads one sheet of a workbook: what each cell says, as text."""

import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from itertools import islice
from types import TracebackType
from typing import Self

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_ISO8601

from qc.tables.formats import MOST_COLUMNS, MOST_IN_CELL, Row, row, too_long, too_wide
from qc.tables.xlsx import package
from qc.tables.xlsx.numbers import Numbers, said

# A character that XML can't hold, but for halves of one: nobody writes those so.
ESCAPED = re.compile("_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
# So many texts are unpacked at once.
AHEAD = 10_000
# Excel's own word where it could not; here also where it has not tried.
NOT_WORKED_OUT = "#CALC!"


class Texts:
    """The texts of a workbook, which its cells name by number: kept on the disk, and read there.

    They are unpacked as far as they are asked for: the first rows of a large workbook mostly have
    the first of its texts.
    """

    def __init__(self, packed: zipfile.ZipFile, part: str) -> None:
        self.unpacked = _shared(packed, part)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the texts
        # Nothing at all can't be mapped.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.bytes.close()
        self.file.close()


class Sheet:
    """One sheet. Its rows are read one by one; a merged cell's text is in its first cell."""

    def __init__(self, packed: zipfile.ZipFile, part: str, texts: Texts, numbers: Numbers) -> None:
        self.packed, self.part = packed, part
        self.texts, self.numbers = texts, numbers

    def rows(self) -> Iterator[Row]:
        """Return the rows that are there, with their own numbers. Raises BadFile, ValueError."""
        number, cell = 0, _Cell({}, 0)
        cells: list[str] = []
        for name, attributes, text in package.events(self.packed, self.part):
            if name == "row":
                if attributes is None:
                    yield row(number, cells)
                    continue
                number, cells, cell = int(attributes.get("r", number + 1)), [], _Cell({}, 0)
            elif name == "c" and attributes is not None:
                cell = _Cell(attributes, cell.column + 1)
            elif name == "c":
                _put(cells, cell.column, self._said(cell))
                if len(cells) > MOST_COLUMNS:
                    raise too_wide(number)
            else:
                cell.takes(name, text, begins=attributes is not None)
                if len(cell.text) > MOST_IN_CELL:
                    raise too_long(number)

    def _said(self, cell: "_Cell") -> str:
        if cell.kind == "s":
            return self.texts[int(cell.text)] if cell.text else ""
        if cell.kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(cell.text, cell.text)
        if cell.kind == "d":
            return said(from_ISO8601(cell.text))
        if cell.kind == "n":
            if cell.is_formula and not cell.text:
                return NOT_WORKED_OUT
            return self.numbers.text(cell.text, cell.style)
        return _unescaped(cell.text)


class _Cell:
    """A cell while it is read."""

    __slots__ = ("column", "is_aside", "is_formula", "kind", "style", "text")

    def __init__(self, attributes: dict[str, str], column: int) -> None:
        self.kind = attributes.get("t", "n")
        self.style = int(attributes.get("s", 0))
        place = attributes.get("r", "").rstrip("0123456789")
        self.column = column_index_from_string(place) if place else column
        self.text = ""
        self.is_formula = self.is_aside = False

    def takes(self, name: str, text: str, *, begins: bool) -> None:
        """Take what an element in the cell says; how something is pronounced is left out."""
        if name == "rPh":
            self.is_aside = begins
        elif name == "f":
            self.is_formula = True
        elif not begins and (name == "v" or (name == "t" and not self.is_aside)):
            self.text += text


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
            cell.takes(name, text, begins=attributes is not None)
        elif attributes is not None:
            cell = _Cell({}, 0)
        else:
            yield _unescaped(cell.text)


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
