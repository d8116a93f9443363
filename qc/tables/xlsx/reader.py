"""Reads workbooks: XLSX.

openpyxl holds all texts of a workbook and an element for each row, parses in Python, and gives up
at styles that some programs write. Here only the contents of cells are read, one row at a time.
"""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import BinaryIO, NamedTuple
from xml.parsers.expat import ExpatError

from openpyxl.styles.numbers import BUILTIN_FORMATS

from qc.tables.formats import Row
from qc.tables.xlsx import package, sheet
from qc.tables.xlsx.numbers import Numbers

# Raised by values that no sound workbook has.
BAD_VALUES = (EOFError, LookupError, NotImplementedError, OverflowError, ValueError)


class _Part(NamedTuple):
    """A part of a workbook, as another part refers to it."""

    id: str
    kind: str
    name: str


def read(file: BinaryIO) -> Iterator[Row]:
    """Yield the rows of the first visible sheet that has any. Raises BadFile."""
    with package.opened(file) as packed:
        try:
            yield from _rows(packed)
        except (zipfile.BadZipFile, zlib.error, ExpatError, *BAD_VALUES) as error:
            raise package.damaged() from error


def _rows(packed: zipfile.ZipFile) -> Iterator[Row]:
    book = _named(_related(packed, ""), "officeDocument") or "xl/workbook.xml"
    parts = _related(packed, book)
    sheets, from_1904 = _contents(packed, book, parts)
    numbers = Numbers(_codes(packed, _named(parts, "styles")), from_1904=from_1904)
    with closing(sheet.Texts(packed, _named(parts, "sharedStrings"))) as texts:
        for name in sheets:
            is_empty = True
            for row in sheet.rows(packed, name, texts, numbers):
                yield row
                is_empty = is_empty and not any(row.cells)
            if not is_empty:
                return


def _related(packed: zipfile.ZipFile, part: str) -> list[_Part]:
    """Return the parts that a part refers to."""
    folder, _slash, name = part.rpartition("/")
    events = package.events(packed, f"{folder}/_rels/{name}.rels".lstrip("/"))
    return [
        _Part(
            attributes.get("Id", ""),
            attributes["Type"].rpartition("/")[2],
            package.beside(part, attributes["Target"]),
        )
        for _name, attributes, _text in events
        if attributes and "Target" in attributes
    ]


def _named(parts: Sequence[_Part], kind: str) -> str:
    return next((part.name for part in parts if part.kind == kind), "")


def _contents(packed: zipfile.ZipFile, book: str, parts: Sequence[_Part]) -> tuple[list[str], bool]:
    """Return the names of the visible sheets, and whether days are counted from 1904."""
    by_id = {part.id: part for part in parts}
    sheets, from_1904 = [], False
    for name, attributes, _text in package.events(packed, book):
        if name == "workbookPr" and attributes:
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes and attributes.get("state", "visible") == "visible":
            (identity,) = [value for key, value in attributes.items() if key.endswith(":id")]
            if by_id[identity].kind == "worksheet":
                sheets.append(by_id[identity].name)
    return sheets, from_1904


def _codes(packed: zipfile.ZipFile, part: str) -> list[str]:
    """Return the number format of each style of cells."""
    codes, styles = dict(BUILTIN_FORMATS), []
    is_for_cells = False
    for name, attributes, _text in package.events(packed, part):
        if name == "cellXfs":
            is_for_cells = attributes is not None
        elif attributes and name == "numFmt":
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif attributes is not None and name == "xf" and is_for_cells:
            styles.append(codes.get(int(attributes.get("numFmtId", 0)), "General"))
    return styles
