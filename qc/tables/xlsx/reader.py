"""Reads workbooks: XLSX.

openpyxl holds all texts of a workbook and an element for each row, parses in Python, and gives up
at styles that some programs write. Here only the contents of cells are read, one row at a time.
"""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import BinaryIO, NamedTuple
from xml.parsers.expat import ExpatError

from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS

from qc.tables.formats import BadFile, Row
from qc.tables.xlsx import package, sheet
from qc.tables.xlsx.numbers import Numbers

# The most parts and addresses that are looked at: each has two events.
MOST_RELATED = 2 * sheet.MOST_LINKS
# Raised by values that no sound workbook has.
BAD_VALUES = (EOFError, LookupError, NotImplementedError, OverflowError, ValueError)


class _Part(NamedTuple):
    """A part of a workbook, or an address outside, as another part refers to it."""

    id: str
    kind: str
    name: str
    target: str


class _Book(NamedTuple):
    """A workbook's visible sheets by their names, and what they share."""

    sheets: dict[str, str]
    texts: str
    numbers: Numbers


def read(file: BinaryIO, name: str = "", *, with_links: bool = False) -> Iterator[Row]:
    """Yield the rows of a sheet: the one of this name, or the first visible one that has any.

    The addresses of linked cells take another look at the whole sheet. Raises BadFile, also where
    no visible sheet has the name.
    """
    with package.opened(file) as packed, _damage_refused():
        book = _book(packed)
        with closing(sheet.Texts(packed, book.texts)) as texts:
            for part in _chosen(book, name):
                is_empty = True
                linked = _links(packed, part) if with_links else {}
                for row in sheet.rows(packed, part, texts, book.numbers, linked):
                    yield row
                    is_empty = is_empty and not any(row.cells)
                if not is_empty:
                    return


def sheets(file: BinaryIO) -> list[str]:
    """Return the names of the visible sheets. Raises BadFile."""
    with package.opened(file) as packed, _damage_refused():
        return list(_book(packed).sheets)


def unpacked_size(file: BinaryIO, name: str = "") -> int:
    """Return the bytes to read for a sheet, or for the largest: its own, and the texts of all."""
    with package.opened(file) as packed, _damage_refused():
        book = _book(packed)
        parts = packed.NameToInfo
        sizes = [parts[part].file_size for part in _chosen(book, name) if part in parts]
        return max(sizes, default=0) + (parts[book.texts].file_size if book.texts in parts else 0)


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, ExpatError, *BAD_VALUES) as error:
        raise package.damaged() from error


def _chosen(book: _Book, name: str) -> list[str]:
    if not name:
        return list(book.sheets.values())
    if name not in book.sheets:
        words = {"name": name, "sheets": ", ".join(book.sheets)}
        message = _("There is no sheet “%(name)s”. Choose one of: %(sheets)s.")
        raise BadFile(message, **words)
    return [book.sheets[name]]


def _book(packed: zipfile.ZipFile) -> _Book:
    book = _named(_related(packed, ""), "officeDocument") or "xl/workbook.xml"
    parts = _related(packed, book)
    found, from_1904 = _contents(packed, book, parts)
    numbers = Numbers(_codes(packed, _named(parts, "styles")), from_1904=from_1904)
    return _Book(found, _named(parts, "sharedStrings"), numbers)


def _links(packed: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Return the addresses of a sheet's linked cells by their places."""
    related = _related(packed, part)
    addresses = {one.id: one.target for one in related if one.kind == "hyperlink"}
    return sheet.links(packed, part, addresses) if addresses else {}


def _related(packed: zipfile.ZipFile, part: str) -> list[_Part]:
    """Return the parts that a part refers to."""
    folder, _slash, name = part.rpartition("/")
    events = package.events(packed, f"{folder}/_rels/{name}.rels".lstrip("/"))
    return [
        _Part(
            attributes.get("Id", ""),
            attributes["Type"].rpartition("/")[2],
            package.beside(part, attributes["Target"]),
            attributes["Target"],
        )
        for _element, attributes, _nothing in islice(events, MOST_RELATED)
        if attributes and "Target" in attributes
    ]


def _named(parts: Sequence[_Part], kind: str) -> str:
    return next((part.name for part in parts if part.kind == kind), "")


def _contents(
    packed: zipfile.ZipFile, book: str, parts: Sequence[_Part]
) -> tuple[dict[str, str], bool]:
    """Return the visible sheets, and whether days are counted from 1904."""
    by_id = {part.id: part for part in parts}
    sheets, from_1904 = dict[str, str](), False
    for name, attributes, _nothing in package.events(packed, book):
        if name == "workbookPr" and attributes:
            from_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes and attributes.get("state", "visible") == "visible":
            (identity,) = [value for key, value in attributes.items() if key.endswith(":id")]
            if by_id[identity].kind == "worksheet":
                sheets[attributes.get("name", "")] = by_id[identity].name
    return sheets, from_1904


def _codes(packed: zipfile.ZipFile, part: str) -> list[str]:
    """Return the number format of each style of cells."""
    codes, styles = dict(BUILTIN_FORMATS), []
    is_for_cells = False
    for name, attributes, _nothing in package.events(packed, part):
        if name == "cellXfs":
            is_for_cells = attributes is not None
        elif attributes and name == "numFmt":
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif attributes is not None and name == "xf" and is_for_cells:
            styles.append(codes.get(int(attributes.get("numFmtId", 0)), "General"))
    return styles
