"""The text of a cell: what spreadsheets do to it, and what can be wrong with it."""

import re
from dataclasses import dataclass

# No workbook can hold these.
UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
# A cell that begins with one of these is a formula; some spreadsheets skip tabs before it. Those
# after the first four are wide, small, raised and lowered, and for some spreadsheets the same.
FORMULA_STARTS = tuple(
    "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u207b\u208c\u208a\u208b\u2212"
)
# Shown in a cell in place of a result that could not be calculated.
ERRORS = frozenset(
    ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"]
)
# A formula that makes a link: its address is the first text.
HYPERLINK = re.compile(r"""'?=?HYPERLINK\(\s*"((?:[^"]|"")+)"\s*[),;]""", re.IGNORECASE)
# Invisible characters that are not white space for Python.
INVISIBLE = "\u200b\u2060\ufeff"
# All that shows nothing: control and format characters, selectors, and letters that are blank.
HIDDEN = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
# May precede the character that counts: blanks, which some programs drop, and apostrophes: a text
# that has one gets another, and so keeps its own when it is read.
IGNORED_PREFIX = re.compile(f"['\\s{HIDDEN}]*")
# Where Excel splits lines if its language separates lists by semicolons: within quotation marks
# too, when these do not begin what it takes for a cell.
SEPARATOR = "[;\t\r\n]"
RUNS_AFTER = f"(?=(?:[^\\S\t\r\n]|['\"{HIDDEN}])*[{re.escape(''.join(FORMULA_STARTS))}])"
BEFORE_FORMULA = re.compile(f"({SEPARATOR}){RUNS_AFTER}")
QUOTED_FORMULA = re.compile(f"({SEPARATOR})'{RUNS_AFTER}")


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


def quoted_within(cell: str) -> str:
    """Return a cell for CSV, with a ' where a spreadsheet that splits it would run the rest."""
    return BEFORE_FORMULA.sub(r"\1'", cell)


def unquoted_within(cell: str) -> str:
    """Return a cell of a CSV file without the ' that `quoted_within` adds."""
    return QUOTED_FORMULA.sub(r"\1", cell) if "'" in cell else cell


def unescaped(cell: str) -> str:
    """Return the text of a cell, without the ' that `quoted` adds and with plain line ends."""
    text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
    return text.replace("\r\n", "\n")


def address_in(formula: str) -> str:
    """Return the address that a formula links to; "" for other formulas."""
    found = HYPERLINK.match(formula.strip())
    return found[1].replace('""', '"') if found else ""


def _runs(text: str) -> bool:
    """Return whether a spreadsheet would take a text for a formula or an error."""
    if text[:1].isascii() and text[:1].isalnum():
        # Quick, and true for nearly all cells.
        return False
    before = IGNORED_PREFIX.match(text)[0]  # type: ignore[index]
    bare = text[len(before) :]
    shifted = bool(bare) and ("\t" in before or "\r" in before)
    return shifted or bare.startswith(FORMULA_STARTS) or stripped(bare) in ERRORS
