"""The text of a cell: what spreadsheets do to it, and what can be wrong with it."""

import re
from dataclasses import dataclass

# No workbook can hold these.
UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
# A cell that begins with one of these is a formula; some spreadsheets skip tabs before it.
FORMULA_STARTS = ("=", "+", "-", "@")
# Shown in a cell in place of a result that could not be calculated.
ERRORS = frozenset(
    ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"]
)
# Invisible characters that are not white space for Python.
INVISIBLE = "\u200b\u2060\ufeff"
# May precede the character that counts: blanks, which some programs drop, and apostrophes: a text
# that has one gets another, and so keeps its own when it is read.
IGNORED_PREFIX = re.compile(f"['\\s{INVISIBLE}]*")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is allowed there."""

    row: int
    column: str
    value: str
    message: str


def stripped(cell: str) -> str:
    """Return a cell without the blanks around it, invisible characters included."""
    while (bare := cell.strip().strip(INVISIBLE)) != cell:
        cell = bare
    return cell


def quoted(text: str) -> str:
    """Return the cell for a text, with a leading ' where a spreadsheet would run it."""
    return f"'{text}" if _runs(text) else text


def escaped(text: str) -> str:
    """Return the cell for a text, quoted, and without characters that no workbook can hold."""
    return quoted(UNPRINTABLE.sub("", text))


def unescaped(cell: str) -> str:
    """Return the text of a cell, without the ' that `quoted` adds and with plain line ends."""
    text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
    return text.replace("\r\n", "\n")


def _runs(text: str) -> bool:
    """Return whether a spreadsheet would take a text for a formula or an error."""
    if text[:1].isalnum():
        # Quick, and true for nearly all cells.
        return False
    before = IGNORED_PREFIX.match(text)[0]  # type: ignore[index]
    bare = text[len(before) :]
    shifted = bool(bare) and ("\t" in before or "\r" in before)
    return shifted or bare.startswith(FORMULA_STARTS) or stripped(bare) in ERRORS
