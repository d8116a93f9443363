"""Reads one sheet of a workbook, each cell as text."""

import io
import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from itertools import islice

from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.cell import rows_from_range
from openpyxl.utils.datetime import from_ISO8601

from qc.tables.cells import address_in
from qc.tables.formats import MOST_COLUMNS, MOST_IN_CELL, Row, row, too_long, too_wide
from qc.tables.xlsx import package
from qc.tables.xlsx.numbers import DIGITS, Numbers, is_rounded, moment_text

# How a workbook writes a character that XML can't hold; surrogates are never written so.
ESCAPED = re.compile("_x(?![dD][89a-fA-F])([0-9A-Fa-f]{4})_")
# Texts unpacked ahead.
AHEAD = 2000
# Rows without a text after which it is looked whether any follows.
MOST_BLANK = 1000
ROW_OR_VALUE = re.compile(rb"<(?:\w+:)?(?:(row)\b([^>]*)>|(?:v|is)\b[^>/]*>)")
NUMBER_OF_ROW = re.compile(rb"""\br=["'](\d+)""")
# More bytes than one match of it has.
LONGEST_TAG = 1024
CHUNK = 64 * 1024
# Excel allows no more in a sheet.
MOST_LINKS = 65_530
LINK = re.compile(r"<(?:\w+:)?hyperlink\s[^>]*>")
ATTRIBUTE = re.compile(r"""(?:\w+:)?(ref|id)\s*=\s*["']([^"']*)["']""")
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


def rows(
    packed: zipfile.ZipFile, part: str, texts: Texts, numbers: Numbers, linked: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the rows of a sheet, with the numbers that they have there.

    A merged cell's text is in its first cell. `linked` are addresses by the places of cells. Soon
    after the last text the sheet is over: whole columns may be coloured. Raises BadFile,
    ValueError.
    """
    number, blank, last, cell, reading = 0, 0, 0, _Cell({}, 0), _Row()
    for name, attributes, text in package.events(packed, part):
        if name == "row" and attributes is not None:
            number = int(attributes.get("r", number + 1))
            reading, cell = _Row(attributes.get("hidden") in ("1", "true")), _Cell({}, 0)
        elif name == "row":
            blank = 0 if reading.cells else blank + 1
            yield reading.row(number)
            if blank == MOST_BLANK:
                last = last or _last_with_a_value(packed, part)
            if blank >= MOST_BLANK and number >= last:
                return
        elif name == "c" and attributes is not None:
            cell = _Cell(attributes, cell.column + 1)
        elif name == "c":
            reading.put(cell, number, texts, numbers, linked)
        else:
            cell.add(name, text, begins=attributes is not None)
            if len(cell.text) > MOST_IN_CELL:
                raise too_long(number)


def _last_with_a_value(packed: zipfile.ZipFile, part: str) -> int:
    """Return the number of the last row that has a value; at least 1.

    The sheet is searched, not parsed, which is much quicker where it has many cells of colour only.
    """
    number, last, rest = 0, 1, b""
    with packed.open(part) as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            seen = 0
            for found in ROW_OR_VALUE.finditer(rest + chunk):
                seen = found.end()
                if found[1]:
                    named = NUMBER_OF_ROW.search(found[2])
                    number = int(named[1]) if named else number + 1
                else:
                    last = number
            rest = (rest + chunk)[max(seen, len(rest + chunk) - LONGEST_TAG) :]
    return last


def links(packed: zipfile.ZipFile, part: str, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of a sheet's linked cells by their places, given those by their ids.

    They stand behind all rows: only there the sheet is parsed.
    """
    found: dict[str, str] = {}
    rest = ""
    with packed.open(part) as file:
        text = io.TextIOWrapper(file, "utf-8", errors="replace")
        for chunk in iter(lambda: text.read(CHUNK), ""):
            *whole, rest = (rest + chunk).rsplit("<", 1)
            for link in LINK.finditer("".join(whole)):
                attributes = dict(ATTRIBUTE.findall(link[0]))
                if address := addresses.get(attributes.get("id", "")):
                    found |= dict.fromkeys(_places(attributes.get("ref", "")), address)
            rest = f"<{rest}" if whole else rest[-CHUNK:]
            if len(found) > MOST_LINKS:
                break
    return found


def _places(ref: str) -> list[str]:
    """Return the cells of a range such as D2:D9; of a huge one the first."""
    left, top, right, bottom = range_boundaries(ref)
    if None in (left, top, right, bottom) or (right - left + 1) * (bottom - top + 1) > MOST_LINKS:
        return [ref.partition(":")[0]]
    return [place for row in rows_from_range(ref) for place in row]


class _Row:
    """A row while it is read."""

    __slots__ = ("cells", "is_hidden", "links", "rounded")

    def __init__(self, is_hidden: bool = False) -> None:
        self.is_hidden = is_hidden
        self.cells: list[str] = []
        self.links: dict[int, str] = {}
        self.rounded: set[int] = set()

    def put(
        self, cell: "_Cell", number: int, texts: Texts, numbers: Numbers, linked: Mapping[str, str]
    ) -> None:
        """Add a cell that is read. Raises BadFile, ValueError."""
        text, column = cell.value(texts, numbers), cell.column
        if text:
            self.cells.extend([""] * (column - len(self.cells)))
            self.cells[column - 1] = text
            if len(self.cells) > MOST_COLUMNS:
                raise too_wide(number)
            if cell.kind == "n" and len(cell.text) > DIGITS and is_rounded(cell.text):
                self.rounded.add(column - 1)
        address = address_in(cell.formula) if cell.formula else ""
        if linked and not address:
            address = linked.get(f"{get_column_letter(column)}{number}", "")
        if address:
            self.links[column - 1] = address

    def row(self, number: int) -> Row:
        """Return the row."""
        plain = row(number, self.cells)
        if self.is_hidden or self.links or self.rounded:
            rounded = frozenset(self.rounded)
            return Row(number, plain.cells, self.is_hidden, self.links or None, rounded)
        return plain


class _Cell:
    """A cell while it is read."""

    __slots__ = ("column", "formula", "is_phonetic", "kind", "style", "text")

    def __init__(self, attributes: dict[str, str], column: int) -> None:
        self.kind = attributes.get("t", "n")
        self.style = int(attributes.get("s", 0))
        place = attributes.get("r", "").rstrip("0123456789")
        self.column = column_index_from_string(place) if place else column
        self.text = ""
        self.formula: str | None = None
        self.is_phonetic = False

    def add(self, name: str, text: str, *, begins: bool) -> None:
        """Add an element of the cell; phonetic readings are left out."""
        if name == "rPh":
            self.is_phonetic = begins
        elif name == "f":
            self.formula = text
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
        if self.formula is not None and not self.text:
            # A program that only writes files has not worked out what a link shows.
            return address_in(self.formula) or NOT_CALCULATED
        return numbers.text(self.text, self.style)


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
