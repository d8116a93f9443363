"""What has to be chosen before a file can be read: asked alike by pages, API and console.

Each choice is named for the field of `Reading` that answers it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.core.localization import number
from qc.imports import column_choices, reading
from qc.imports.choice import Choice, Option
from qc.imports.reading import KEEP, LEAVE_OUT, WITH, WITHOUT, Findings, Reading
from qc.models import Import, Priority
from qc.models.queues import folded
from qc.tables import NO_HEADER
from qc.tables.formats import ENCODINGS

# Stray cells in at most this share of the rows are remarks: to leave them out is preset.
FEW = 0.3


def open_choices(record: Import) -> list[Choice]:
    """Return what is still to be chosen, in the order in which it is shown."""
    how, found = reading.of(record), reading.findings(record)
    if header := list(_header_row(record, how, found)):
        # Without it nothing is known of the columns.
        return header
    choices = _choices(record, how, found)
    if found.is_whole or not any(choice.needed for choice in choices):
        return choices
    # Somebody has to choose anyway: all is asked at once that a worker would ask for later.
    return _choices(record, how, replace(found, is_whole=True))


def _choices(record: Import, how: Reading, found: Findings) -> list[Choice]:
    return [choice for question in QUESTIONS for choice in question(record, how, found)]


def is_undecided(record: Import) -> bool:
    """Return whether something has to be chosen before the rows can be checked."""
    return any(choice.needed for choice in open_choices(record))


def _encoding(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    if found.encodings and not reading.chosen(record).encoding:
        options = [
            Option(one["name"], str(ENCODINGS[one["name"]]), tuple(one["lines"]))
            for one in found.encodings
        ]
        question = _("Which encoding is the file in? Nothing in it says so.")
        yield Choice("encoding", question, tuple(options), preset=options[0].value)


def _header_row(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    if found.looks_headless and reading.chosen(record).header_row is None:
        rows = [Option(str(row), _("row %d") % row, tuple(cells)) for row, cells in found.top]
        none = Option(str(NO_HEADER), _("These are the columns; there is no header"))
        question = _("No row looks like a header. Which one is it?")
        yield Choice("header_row", question, (none, *rows), preset=none.value)


def _day_first(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    if how.day_first is not None or "either" not in found.order or not found.is_whole:
        return
    if found.order.keys() >= {"day", "month"}:
        # No choice helps: such rows are refused.
        return
    heading = record.header[record.mapping.index("due_at")]
    words = {"column": heading, "cell": found.order["either"][1]}
    question = _("Is the day or the month first in the dates of “%(column)s” (%(cell)s)?") % words
    options = (Option("true", _("day first")), Option("false", _("month first")))
    preset = "false" if record.language.startswith("en") else "true"
    yield Choice("day_first", question, options, preset=preset)


def _hidden_rows(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    if found.hidden_rows and found.is_whole and not how.hidden_rows:
        n = found.hidden_rows
        question = ngettext("%s row is hidden.", "%s rows are hidden.", n) % number(n)
        options = (Option(WITH, _("read with them")), Option(WITHOUT, _("read without them")))
        yield Choice("hidden_rows", question, options)


def _stray_cells(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    if found.stray_cells and found.is_whole and not how.stray_cells:
        n, row = found.stray_cells, found.stray_rows[0]
        question = ngettext(
            "%(n)s cell stands under no heading (row %(row)d).",
            "%(n)s cells stand under no heading (the first in row %(row)d).",
            n,
        ) % {"n": number(n), "row": row}
        options = (
            Option(LEAVE_OUT, _("leave out what stands under no heading")),
            Option(KEEP, _("keep it, by the number of its column")),
        )
        is_few = found.rows_with_stray <= FEW * found.looked_at
        yield Choice("stray_cells", question, options, preset=LEAVE_OUT if is_few else "")


def _words(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    options = tuple(Option(str(one.value), str(one.label)) for one in Priority)
    for word in found.words:
        question = _("Which priority is “%s”?") % Truncator(word).chars(column_choices.LONGEST)
        yield Choice("words", question, options, item=word, needed=False)


QUESTIONS: tuple[Callable[[Import, Reading, Findings], Iterator[Choice]], ...] = (
    _encoding,
    column_choices.name,
    column_choices.reference,
    column_choices.queue_of_all,
    _hidden_rows,
    _stray_cells,
    _day_first,
    _words,
    column_choices.queues,
)


def answered(choice: Choice, value: str, header: Sequence[str], prefix: str) -> Reading:
    """Return what the answer to a choice says: the value of an option.

    A reference is made of columns of the header, or else numbered behind the prefix.
    """
    if choice.name == "key":
        pairs = ([one, other] for one in header for other in header)
        key = next((pair for pair in pairs if ",".join(pair) == value), [])
        return Reading(key=key) if key else Reading(number_prefix=prefix)
    return Reading(**{choice.name: _as_stored(choice, value)})


def _as_stored(choice: Choice, value: str) -> Any:
    """Return an answer as the field of `Reading` has it."""
    if choice.name == "columns":
        return {value: choice.item}
    if choice.name == "values":
        return {choice.item: value}
    if choice.name == "header_row":
        return int(value)
    if choice.name == "day_first":
        return value == "true"
    if choice.name == "words":
        return {choice.item: int(value)}
    return {folded(choice.item): value} if choice.name == "queues" else value
