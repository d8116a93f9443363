"""The text of a cell: what spreadsheets do to it, and what can be wrong with it."""

import re
from dataclasses import dataclass

# No workbook can hold these.
UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
# A spreadsheet runs a cell that begins so.
RUNS = ("=", "+", "-", "@", "\t", "\r")
# Blank to whoever looks at the cell, and no white space to Python.
INVISIBLE = "\u200b\u2060\ufeff"


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is allowed there."""

    row: int
    column: str
    value: str
    message: str


def stripped(cell: str) -> str:
    """Gives a cell without the blanks around it, those included that don't look like any."""
    before = ""
    while cell != before:
        before, cell = cell, cell.strip().strip(INVISIBLE)
    return cell


def escaped(text: str) -> str:
    """Gives a cell that a spreadsheet shows and does not run: a leading ' makes it text."""
    shown = UNPRINTABLE.sub("", text)
    return f"'{shown}" if _runs(shown) else shown


def unescaped(cell: str) -> str:
    """Gives what a cell says without the ' that made it text, with plain line ends."""
    text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
    return text.replace("\r\n", "\n")


def _runs(text: str) -> bool:
    # What has an apostrophe of its own gets one more, so that it comes back with it.
    return text.lstrip("'").startswith(RUNS)
