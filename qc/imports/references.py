"""References as they are kept: those that look alike are the same."""

import re
from unicodedata import normalize

from django.utils.translation import gettext as _

from qc.tables.cells import HIDDEN

# What has no width; dashes of every length; blanks of every width.
WITHOUT_WIDTH = re.compile(f"[{HIDDEN}]+")
DASHES = re.compile("[\u2010-\u2015\u2212]")
BLANKS = re.compile(r"\s")
# A number as spreadsheets shorten it, and a whole one as programs write those that have a point.
SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?e\+\d+", re.IGNORECASE)
WHOLE = re.compile(r"(\d+)\.0+")
# How some programs write a text so that no spreadsheet takes it for a number.
AS_TEXT = re.compile(r'=\s*"([^"]*)"')
DECIMAL = re.compile(r"\d+\.\d*[1-9]\d*")


def plain(cell: str) -> str:
    """Return a reference in the characters that a keyboard has for it.

    Full width becomes plain, all dashes hyphens, all blanks plain ones; what has no width goes.
    """
    if cell.isascii():
        return cell
    text = WITHOUT_WIDTH.sub("", normalize("NFKC", cell))
    return BLANKS.sub(" ", DASHES.sub("-", text)).strip()


def read(cell: str, *, has_decimals: bool = False) -> str:
    """Return the reference that a cell means.

    Raises ValueError for one that a spreadsheet has shortened. Whole numbers lose their ".0", if
    not all references are numbers that have decimals.
    """
    text = plain(cell)
    if "." not in text and "+" not in text and "=" not in text:
        # Quick, and true for nearly all.
        return text
    if as_text := AS_TEXT.fullmatch(text):
        return as_text[1].strip()
    if SHORTENED.fullmatch(text):
        raise ValueError(
            _("The spreadsheet shortened this number. Format its column as text or number there.")
        )
    found = None if has_decimals else WHOLE.fullmatch(text)
    return found[1] if found else text


def rounded() -> ValueError:
    """Return the refusal of a number that has lost digits."""
    return ValueError(
        _("The spreadsheet rounded this number to 15 digits. Enter the column as text there.")
    )
