"""Reads workbooks: XLSX.

openpyxl holds all texts of a workbook and an element for each row, parses in Python, and gives up
at styles that some programs write. Here only what cells say is read, and never held.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS

from qc.tables.formats import BadFile, Row
from qc.tables.xlsx import package
from qc.tables.xlsx.numbers import Numbers
from qc.tables.xlsx.sheet import Sheet, Texts

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    ValueError,
)


def read(file: BinaryIO) -> Iterator[Row]:
    """Return the rows of the first visible sheet that has any. Raises BadFile."""
    with package.opened(file) as packed:
        try:
            yield from _rows(packed)
        except DAMAGED as error:
            raise BadFile(_("This workbook is damaged. Please save it again.")) from error


@dataclass
class _Contents:
    """What a workbook says of itself: its parts, and whether its days are counted from 1904."""

    sheets: list[str]
    texts: str
    styles: str
    from_1904: bool


def _rows(packed: zipfile.ZipFile) -> Iterator[Row]:
    contents = _contents(packed)
    numbers = Numbers(_codes(packed, contents.styles), from_1904=contents.from_1904)
    with Texts(packed, contents.texts) as texts:
        for name in contents.sheets:
            is_empty = True
            for row in Sheet(packed, name, texts, numbers).rows():
                yield row
                is_empty = is_empty and not any(row.cells)
            if not is_empty:
                return


def _contents(packed: zipfile.ZipFile) -> _Contents:
    book = _related(packed, "").get("officeDocument", ["xl/workbook.xml"])[0]
    ids = _related(packed, book, by="Id")
    kinds = _related(packed, book)
    worksheets = set(kinds.get("worksheet", []))
    found = _Contents([], _first(kinds, "sharedStrings"), _first(kinds, "styles"), False)
    for name, attributes, _text in package.events(packed, book):
        if name == "workbookPr" and attributes:
            found.from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes and attributes.get("state", "visible") == "visible":
            (identity,) = [value for key, value in attributes.items() if key.endswith(":id")]
            found.sheets += worksheets.intersection(ids[identity])
    return found


def _first(kinds: dict[str, list[str]], kind: str) -> str:
    return kinds.get(kind, [""])[0]


def _related(packed: zipfile.ZipFile, part: str, by: str = "Type") -> dict[str, list[str]]:
    """Return the parts that a part refers to, by their kind or id."""
    folder, _slash, name = part.rpartition("/")
    related: dict[str, list[str]] = {}
    for _name, attributes, _text in package.events(
        packed, f"{folder}/_rels/{name}.rels".lstrip("/")
    ):
        if attributes and "Target" in attributes:
            key = attributes[by].rpartition("/")[2]
            related.setdefault(key, []).append(package.beside(part, attributes["Target"]))
    return related


def _codes(packed: zipfile.ZipFile, part: str) -> list[str]:
    """Return for each style of cells how it shows numbers."""
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
