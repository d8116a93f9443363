"""Writes a workbook of texts, row by row, with the fewest parts that spreadsheets accept.

openpyxl takes five times as long, XlsxWriter three times; XlsxWriter also takes a text between <r>
and </r> for XML, and silently cuts off a text that is too long.
"""

import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import BinaryIO
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

# Characters that XML can't hold are written as _x0001_; so is a text that looks like that.
XML_ILLEGAL = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OF_PACKAGES = "http://schemas.openxmlformats.org/package/2006"
OF_DOCUMENTS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OF_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
RELATED = (
    f'<Relationships xmlns="{OF_PACKAGES}/relationships">'
    f'<Relationship Id="rId1" Type="{OF_DOCUMENTS}/%s" Target="%s"/></Relationships>'
)
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{OF_PACKAGES}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{CONTENT_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": RELATED % ("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": (
        f'<workbook xmlns="{OF_SHEETS}" xmlns:r="{OF_DOCUMENTS}">'
        '<sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": RELATED % ("worksheet", "worksheets/sheet1.xml"),
}


def write(file: BinaryIO, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as texts, so that no spreadsheet takes them for formulas, dates or numbers."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in PARTS.items():
            packed.writestr(name, HEAD + text)
        with packed.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{OF_SHEETS}"><sheetData>'.encode())
            for number, cells in enumerate(rows, start=1):
                sheet.write(_row(number, cells).encode())
            sheet.write(b"</sheetData></worksheet>")


def _row(number: int, cells: Sequence[str]) -> str:
    filled = [
        f'<c r="{get_column_letter(column)}{number}" t="inlineStr">'
        f'<is><t xml:space="preserve">{_escape(text)}</t></is></c>'
        for column, text in enumerate(cells, start=1)
        if text
    ]
    return f'<row r="{number}">{"".join(filled)}</row>'


def _escape(text: str) -> str:
    return escape(XML_ILLEGAL.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
