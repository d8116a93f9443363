"""The text of a cell: what spreadsheets do to it, and what can be wrong with it."""

import re
from dataclasses import dataclass

# No workbook can hold these.
UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
# A spreadsheet runs a cell that begins so; before it, some take tabs and ends of lines for nothing.
RUNS = ("=", "+", "-", "@")
# What a cell says instead of what its formula should give.
ERRORS = frozenset(
    ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"]
)
# Blank to whoever looks at the cell, and no white space to Python.
INVISIBLE = "\u200b\u2060\ufeff"
# Before what counts: blanks, which some programs leave out, and apostrophes. What has one of its
# own gets one more, so that it comes back with it.
BEFORE = re.compile(f"['\\s{INVISIBLE}]*")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is allowed there."""

    row: int
    column: str
    value: str
    message: str


def stripped(cell: str) -> str:
    """Return a cell without the blanks around it, those included that don't look like any."""
    while (bare := cell.strip().strip(INVISIBLE)) != cell:
        cell = bare
    return cell


def quoted(text: str) -> str:
    """Return the cell that says a text: a leading ' where a spreadsheet would run it."""
    return f"'{text}" if _runs(text) else text


def escaped(text: str) -> str:
    """Return a cell that a spreadsheet shows and does not run, without what it can't hold."""
    return quoted(UNPRINTABLE.sub("", text))


def unescaped(cell: str) -> str:
    """Return what a cell says without the ' that made it text, with plain line ends."""
    text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
    return text.replace("\r\n", "\n")


def _runs(text: str) -> bool:
    """Return whether a spreadsheet would run it, or take it for the failure of what it ran."""
    if text[:1].isalnum():
        # Nearly all cells: nothing stands before what counts, and that runs nothing.
        return False
    before = BEFORE.match(text)[0]  # type: ignore[index]
    bare = text[len(before) :]
    shifted = bool(bare) and ("\t" in before or "\r" in before)
    return shifted or bare.startswith(RUNS) or stripped(bare) in ERRORS
