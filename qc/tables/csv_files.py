"""Reads and writes tables that are text: CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _

from qc.tables.cells import quoted_within, unquoted_within
from qc.tables.formats import ENCODINGS, MOST_IN_ROW, BadFile, Format, Row, as_text, row, too_long
from qc.tables.sniffing import SEPARATOR


def read(file: BinaryIO, format: Format) -> Iterator[Row]:
    """Yield the rows, blank ones too. Raises BadFile where the text is broken."""
    with as_text(file, format.encoding) as text:
        lines = _Lines(text)
        rows = csv.reader(lines, delimiter=format.delimiter, skipinitialspace=True, strict=True)
        try:
            for number, cells in enumerate(rows, start=1):
                if lines.has_apostrophe:
                    cells = [unquoted_within(cell) for cell in cells]  # noqa: PLW2901
                yield row(number, cells)
                lines.next_row()
        except csv.Error as error:
            raise _broken(lines.row, error) from error
        except UnicodeDecodeError as error:
            raise _decode_failed(lines.count, format, error) from error


def write(file: BinaryIO, format: Format, rows: Iterable[Sequence[str]]) -> None:
    """Write rows, each cell in quotation marks."""
    is_unicode = format.encoding.startswith("utf")
    with as_text(file, format.encoding, "strict" if is_unicode else "replace") as text:
        # Without a byte order mark Excel does not read a text as Unicode.
        text.write("\ufeff" if is_unicode else "")
        csv.writer(text, delimiter=format.delimiter, quoting=csv.QUOTE_ALL).writerows(
            map(quoted_within, row) for row in rows
        )


class _Lines:
    """The lines of a text, read up to the length that a row may have."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.count = 0
        self.row = 1
        self.length = 0
        self.has_apostrophe = False

    def next_row(self) -> None:
        """Begin another row."""
        self.row, self.length, self.has_apostrophe = self.row + 1, 0, False

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MOST_IN_ROW):
            if not self.count:
                # Excel's line about the separator is not a row.
                line = "" if SEPARATOR.fullmatch(line) else line.removeprefix("\ufeff")
            self.count += 1
            self.length += len(line)
            self.has_apostrophe |= "'" in line
            if self.length >= MOST_IN_ROW:
                raise too_long(self.row)
            if "\0" in line:
                message = _(
                    "Row %d has NUL characters, so it is not text. Please save the table again."
                )
                raise BadFile(message % self.row)
            if line:
                yield line


def _broken(row: int, error: csv.Error) -> BadFile:
    if "field limit" in str(error):
        return too_long(row)
    if "unexpected end" in str(error):
        return BadFile(_('In row %d a quotation mark (") opens a cell and none closes it.') % row)
    return BadFile(
        _(
            'In row %d text follows a closing quotation mark ("). Inside a quoted '
            "cell, write each quotation mark twice."
        )
        % row
    )


def _decode_failed(lines: int, format: Format, error: UnicodeDecodeError) -> BadFile:
    line_end = "\n".encode(format.encoding)
    return BadFile(
        _("Line %(line)d is not in %(encoding)s. Please save the file as “CSV UTF-8”, or as XLSX."),
        line=lines + 1 + error.object[: error.start].count(line_end),
        encoding=ENCODINGS[format.encoding],
    )
