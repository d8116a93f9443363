"""Recognises files by their beginning, and refuses those that can't be read as tables."""

import re
from typing import Literal

from django.utils.translation import gettext_lazy as _

from qc.tables.formats import BadFile

# Bytes read of a file.
LONGEST = 4096
PACKED = (b"PK\x03\x04", b"PK\x05\x06")

AS_TABLE = _("Please save the table as XLSX or CSV.")
BINARY = (
    (
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        _(
            "This is an old Excel file (.xls), or one that is protected by a password. "
            "Please save it as XLSX, without a password, or as CSV."
        ),
    ),
    (rb"%PDF-", _("This is a PDF. %s")),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*", _("This is a picture. %s")),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh\d", _("This is a compressed file. Please extract it first.")),
    (rb"SQLite format 3\0|PAR1|\x7fELF|MZ.{2}", _("This file is a program or its data. %s")),
)
TEXT = (
    (r"<(!doctype html|html|head|body|table|meta|style)\b", _("This is a web page (HTML). %s")),
    (r"<\?xml|<!--|<[a-z]+:?\w*[ >]", _("This is XML. %s")),
    (r"\{\\rtf", _("This is a text document (RTF). %s")),
    (r"-----BEGIN |%!PS", _("This is not a table. %s")),
)
# A list, or an object in each line. The pattern is strict as CSV may begin with a bracket too.
JSON = re.compile(r'[\ufeff\s]*(?:\[\s*(?:[\[{"]|\]?\s*\Z)|(?P<lines>\{))')


def is_packed(head: bytes) -> bool:
    """Return whether a file begins as a workbook does. Raises BadFile for other binary files."""
    for pattern, sentence in BINARY:
        if re.match(pattern, head, re.DOTALL):
            raise _refusal(sentence)
    return head.startswith(PACKED)


def json_kind(head: str) -> Literal["json", "jsonl", ""]:
    """Return the kind of JSON that a text begins as, or "". Raises BadFile for HTML, XML, etc."""
    for pattern, sentence in TEXT:
        if re.match(r"[\ufeff\s]*(?:" + pattern + ")", head, re.IGNORECASE):
            raise _refusal(sentence)
    if found := JSON.match(head):
        return "jsonl" if found["lines"] else "json"
    return ""


def _refusal(sentence: object) -> BadFile:
    return BadFile(str(sentence).replace("%s", str(AS_TABLE)))
