"""Finds where the rows of a file are: its encoding, its sheet and its header.

What was imported before is known again by its header; else the one wins that has most of our names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO

from qc import tables
from qc.imports.columns import COLUMNS, fingerprint, guess
from qc.imports.reading import Findings, Reading
from qc.imports.reading import chosen as chosen_before
from qc.models import Import
from qc.tables import NO_HEADER, TOP, Format, Row

# Sheets that are looked at; names of ours that prove a header.
MOST_SHEETS = 20
PROOF = 2
# Encodings whose first lines are worth a look for what was chosen before.
LIKELY = 3
# What is shown of the first rows.
WIDEST, LONGEST = 8, 40
DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Head:
    """Where the rows of a file are, and what else it has: the first rows, and its sheets.

    `encodings` are the possible ones with their first lines, where nothing proves one.
    """

    format: Format
    sheet: str = ""
    header_row: int | None = None
    top: list[Row] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    looks_headless: bool = False
    encodings: list[dict[str, Any]] = field(default_factory=list)


def find(file: BinaryIO, format: Format, chosen: Reading) -> Head:
    """Return where the rows of a file are, as chosen and else as it seems. Raises BadFile."""
    format = _format(file, format, chosen)
    encodings = _encodings(file, format)
    if format.kind in ("json", "jsonl"):
        # Its header are the names in all its rows.
        return Head(format, encodings=encodings)
    sheets = tables.sheets(file, format)
    looked_at = [chosen.sheet] if chosen.sheet else sheets[:MOST_SHEETS]
    tops = {sheet: _top(file, format, sheet) for sheet in looked_at or [""]}
    known = _known([row for rows in tops.values() for row in rows])
    sheet = max(tops, key=lambda one: _fit(one, tops[one], known))
    number, is_headless = _header_row(tops[sheet], known, chosen)
    return Head(format, sheet, number, tops[sheet], sheets, is_headless, encodings)


def findings(head: Head) -> Findings:
    """Return what the page shows of the beginning of a file."""
    top = [(row.number, [cell[:LONGEST] for cell in row.cells[:WIDEST]]) for row in head.top]
    return Findings(
        encodings=head.encodings,
        sheets=head.sheets,
        top=top,
        looks_headless=head.looks_headless,
    )


def _header_row(
    top: Sequence[Row], known: Mapping[str, str], chosen: Reading
) -> tuple[int | None, bool]:
    """Return the number of the header's row, and whether none looks like one."""
    header = _header(top, known)
    if chosen.header_row is not None or header is None:
        return chosen.header_row, False
    if _rank(header, known) or not _is_data(top, header):
        return header.number, False
    was_headless = Import.objects.exclude(confirmed_at=None).filter(
        chosen__header_row=NO_HEADER, fingerprint=fingerprint(tables.column_names(top))
    )
    return (NO_HEADER, False) if was_headless.exists() else (header.number, True)


def _format(file: BinaryIO, found: Format, chosen: Reading) -> Format:
    """Return the format of a file as it is found, with what is chosen of it. Raises BadFile."""
    if found.kind == "xlsx":
        return found
    encoding = chosen.encoding or _known_encoding(file, found)
    if found.kind != "csv":
        return Format(found.kind, encoding) if encoding else found
    if encoding:
        found = tables.with_encoding(file, encoding)
    return replace(found, delimiter=chosen.delimiter or found.delimiter)


def _known_encoding(file: BinaryIO, found: Format) -> str:
    """Return the encoding that was chosen for a file with the same header, if it is likely."""
    for encoding in found.encodings[:LIKELY] if found.kind == "csv" else ():
        marks = [fingerprint(row.cells) for row in _top(file, tables.with_encoding(file, encoding))]
        same = Import.objects.filter(fingerprint__in=marks).exclude(confirmed_at=None)
        if same.filter(chosen__encoding=encoding).exists():
            return encoding
    return ""


def _encodings(file: BinaryIO, format: Format) -> list[dict[str, Any]]:
    lines = tables.first_lines(file, format.encodings)
    return [{"name": name, "lines": lines[name]} for name in format.encodings]


def _top(file: BinaryIO, format: Format, sheet: str = "") -> list[Row]:
    rows = tables.rows(file, format, sheet)
    top = list(islice(rows, TOP))
    rows.close()
    return top


def _known(rows: Sequence[Row]) -> dict[str, str]:
    """Return the fingerprints of those rows that were headers of files before.

    Each has the name of the sheet that was chosen for the last one, if any was.
    """
    marks = {fingerprint(row.cells) for row in rows}
    before = Import.objects.exclude(confirmed_at=None).order_by("-pk")
    known = before.filter(fingerprint__in=marks).order_by().values_list("fingerprint", flat=True)
    return {mark: _sheet_of(before.filter(fingerprint=mark).first()) for mark in known.distinct()}


def _sheet_of(record: Import | None) -> str:
    return chosen_before(record).sheet if record else ""


def _rank(row: Row, known: Mapping[str, str]) -> int:
    """Return how well a row fits as the header: how many of its cells have names of ours."""
    if fingerprint(row.cells) in known:
        return len(COLUMNS) + 1
    return len({name for name in guess(row.cells) if name in COLUMNS})


def _fit(sheet: str, top: Sequence[Row], known: Mapping[str, str]) -> tuple[object, ...]:
    """Return how well a sheet fits: chosen before, by its header, by having a table, or any row."""
    header = _header(top, known)
    was_chosen = bool(sheet and header and known.get(fingerprint(header.cells)) == sheet)
    is_table = len(top) > 1 and _width(top) > 1
    return was_chosen, _rank(header, known) if header else 0, is_table, bool(top)


def _header(top: Sequence[Row], known: Mapping[str, str]) -> Row | None:
    """Return the first row that is as wide as a header, or one further down that fits far better.

    Titles and notes above a table have few cells.
    """
    if not top:
        return None
    width = _width(top)
    wide = (row for row in top if _filled(row) >= max(2, width / 2))
    first = next(wide, top[0])
    best = max(top, key=lambda row: _rank(row, known))
    rank = _rank(best, known)
    return best if rank >= PROOF and rank > _rank(first, known) else first


def _is_data(top: Sequence[Row], header: Row) -> bool:
    """Return whether a row looks like those below it: numbers in cells where they have numbers."""
    below = [row for row in top if row.number > header.number]
    for at, cell in enumerate(header.cells):
        if DIGIT.search(cell) and any(_shape(row, at) == _shape(header, at) for row in below):
            return True
    return False


def _shape(row: Row, at: int) -> str:
    cell = row.cells[at].strip() if at < len(row.cells) else ""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", cell))


def _filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)


def _width(top: Sequence[Row]) -> int:
    return max(map(_filled, top), default=0)
