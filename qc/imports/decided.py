"""What is decided about how a file is read, by somebody or by the file, and can be decided anew."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from qc.imports import column_choices, reading
from qc.imports.choice import Choice, Option
from qc.imports.reading import KEEP, LEAVE_OUT, WITH, WITHOUT, Findings, Reading
from qc.models import Import, Priority
from qc.tables import NO_HEADER
from qc.tables.formats import DELIMITERS, ENCODINGS

# How much of a row is shown to choose the header by.
WIDEST = 4


def decided(record: Import) -> Iterator[Choice]:
    """Yield what is decided, each with the answer that holds as its preset."""
    how, found = reading.of(record), reading.findings(record)
    yield from _of_file(record, how, found)
    yield from _of_rows(record, how, found)
    yield from _of_words(how)


def _of_file(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Yield where the rows are in the file, and in which characters."""
    chosen = reading.chosen(record)
    # Where it is asked, it is not decided.
    encoding = chosen.encoding or ("" if found.encodings else record.encoding)
    delimiter = chosen.delimiter or record.delimiter
    if encoding:
        yield Choice("encoding", _("Encoding"), _options(ENCODINGS), encoding)
    if delimiter:
        yield Choice("delimiter", _("Delimiter"), _options(DELIMITERS), delimiter)
    if len(found.sheets) > 1:
        yield Choice("sheet", _("Sheet"), _options(dict.fromkeys(found.sheets)), how.sheet)
    if found.top and how.header_row is not None:
        rows = {
            str(row): f"{row}: {', '.join(cell or '–' for cell in cells[:WIDEST])}"
            for row, cells in found.top
        }
        headers = {str(NO_HEADER): _("there is none")} | rows
        yield Choice("header_row", _("Row of the header"), _options(headers), str(how.header_row))


def _of_rows(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Yield which rows and cells are read, and how."""
    if how.day_first is not None and found.order and "due_at" in record.mapping:
        orders = {"true": _("day first"), "false": _("month first")}
        yield Choice("day_first", _("Dates"), _options(orders), str(how.day_first).lower())
    if found.hidden_rows and how.hidden_rows:
        hidden = {WITH: _("read with them"), WITHOUT: _("read without them")}
        yield Choice("hidden_rows", _("Hidden rows"), _options(hidden), how.hidden_rows)
    if found.stray_cells and how.stray_cells:
        stray = {LEAVE_OUT: _("left out"), KEEP: _("kept")}
        label = _("Cells under no heading")
        yield Choice("stray_cells", label, _options(stray), how.stray_cells)
    if how.key or how.number_prefix is not None:
        preset = ",".join(how.key) or column_choices.NUMBER
        known = found.keys if how.key in found.keys or not how.key else [how.key, *found.keys]
        options = column_choices.keys(record, known)
        yield Choice("key", _("The reference"), options, preset)


def _of_words(how: Reading) -> Iterator[Choice]:
    """Yield what the file's words for priorities and queues mean."""
    levels = _options({str(one.value): one.label for one in Priority})
    for word, level in how.words.items():
        yield Choice("words", _("Priority “%s”") % word, levels, str(level), word)
    queues = column_choices.open_queues() if how.queues else ()
    for name, ours in how.queues.items():
        yield Choice("queues", _("Queue “%s”") % name, queues, ours, name)


def _options(labels: Mapping[str, Any]) -> tuple[Option, ...]:
    return tuple(Option(value, str(label or value)) for value, label in labels.items())
