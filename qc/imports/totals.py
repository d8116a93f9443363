"""Rows that only sum up others, as spreadsheets have them below their tables."""

import re
from collections.abc import Sequence

from qc.imports.columns import COLUMNS

LABEL = re.compile(
    r"""((grand|sub|over)[ -]?all|(grand|sub)?[ -]?totals?|sum|average|count
    |(gesamt|zwischen|end)?[ -]?summe|gesamt|insgesamt|anzahl|mittelwert|durchschnitt)\b.*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
NUMBER = re.compile(r"[^\w]*[+-]?\d[\d.,'\s\u00a0]*([^\w\s]|\s?\w{1,3})?")


def sums_up(columns: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether a row only sums up others: a label in the first column, and numbers.

    It has no reference. In one of our columns the label has to be a usual one.
    """
    label, *others = [cell.strip() for cell in cells]
    if not label or NUMBER.fullmatch(label):
        return False
    filled = [cell for cell in others if cell]
    if not all(NUMBER.fullmatch(cell) for cell in filled):
        return False
    named = dict(zip(columns[1:], others, strict=False))
    if named.get("reference"):
        return False
    is_theirs = columns[0] not in COLUMNS and "reference" in named
    return bool(LABEL.fullmatch(label) or (filled and is_theirs))
