"""Says how a file was read, in sentences: on its page, in the API's answers and on the console."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.core.localization import number
from qc.imports import reading
from qc.imports.columns import guess, label
from qc.imports.reading import KEEP, LEAVE_OUT, WITHOUT, Findings, Reading
from qc.models import Import, Priority
from qc.tables import NO_HEADER
from qc.tables.formats import CODE_PAGES


def notes(record: Import) -> list[str]:
    """Return what is worth saying of how a file was read; nothing of a file without surprises."""
    how, found = reading.of(record), reading.findings(record)
    return [str(note) for noted in NOTED for note in noted(record, how, found)]


def _place(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if len(found.sheets) > 1:
        others = ", ".join(name for name in found.sheets if name != how.sheet)
        yield _("Sheet “%(sheet)s” is read; there is also: %(others)s.") % {
            "sheet": how.sheet,
            "others": others,
        }
    if how.header_row == NO_HEADER:
        yield _("There is no header: the columns have numbers.")
    elif found.top and how.header_row != found.top[0][0]:
        yield _("The header is row %d; what is above it is left out.") % how.header_row


def _encoding(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    is_asked = found.encodings and not reading.chosen(record).encoding
    if not is_asked and (name := CODE_PAGES.get(record.encoding)):
        yield _("The text is read as %s.") % name


def _zone(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if "due_at" in record.mapping:
        yield _("Times in “%(column)s” are those of %(zone)s, unless they say another one.") % {
            "column": record.header[record.mapping.index("due_at")],
            "zone": record.time_zone or settings.TIME_ZONE,
        }


def _order(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if how.day_first is None or not found.order:
        return
    words = {"column": record.header[record.mapping.index("due_at")]}
    if proof := found.order.get("day" if how.day_first else "month"):
        words |= {"row": proof[0], "cell": proof[1]}
        if how.day_first:
            yield _("The day is first in “%(column)s”, as row %(row)d proves (%(cell)s).") % words
        else:
            yield _("The month is first in “%(column)s”, as row %(row)d proves (%(cell)s).") % words
    elif how.day_first:
        yield _("The day is first in “%(column)s”, as was chosen.") % words
    else:
        yield _("The month is first in “%(column)s”, as was chosen.") % words


def _hidden_rows(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    n = found.hidden_rows
    if n and how.hidden_rows == WITHOUT:
        text = ngettext("%s hidden row is left out.", "%s hidden rows are left out.", n)
        yield text % number(n)
    elif n and how.hidden_rows:
        text = ngettext("%s hidden row is read.", "%s hidden rows are read.", n)
        yield text % number(n)


def _stray_cells(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    n = found.stray_cells
    if found.counts_rows:
        yield _("The first column has no heading and only counts the rows: it is left out.")
    if n and how.stray_cells == LEAVE_OUT:
        text = ngettext(
            "%s cell under no heading is left out.",
            "%s cells under no heading are left out.",
            n,
        )
        yield text % number(n)
    elif n and how.stray_cells == KEEP:
        text = ngettext(
            "%s cell under no heading is kept.", "%s cells under no heading are kept.", n
        )
        yield text % number(n)


def _linked(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if n := found.linked:
        yield ngettext(
            "%s cell is a link: its address is read.",
            "%s cells are links: their addresses are read.",
            n,
        ) % number(n)


def _totals(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if n := len(found.totals):
        rows = ", ".join(map(str, found.totals))
        yield ngettext(
            "Row %(rows)s only sums up others: it is left out.",
            "Rows %(rows)s only sum up others: they are left out.",
            n,
        ) % {"rows": rows}


def _zeros_lost(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if n := found.zeros_lost:
        yield ngettext(
            "%(n)s row is new, though a task is called the same but for leading zeros.",
            "%(n)s rows are new, though %(n)s tasks are called the same but for leading zeros.",
            n,
        ) % {"n": number(n)}


def _values(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    for name, value in how.values.items():
        if value and name in record.mapping:
            yield _("Where “%(column)s” is empty it is “%(value)s”.") % {
                "column": record.header[record.mapping.index(name)],
                "value": value,
            }
        elif value:
            yield _("All rows: %(column)s “%(value)s”.") % {"column": label(name), "value": value}


def _reference(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    if how.key:
        yield _("The reference is made of %s.") % ", ".join(f"“{one}”" for one in how.key)
        if n := found.repeats:
            text = ngettext(
                "%s row has the same ones as an earlier row: -2 is added to them.",
                "%s rows have the same ones as earlier rows: -2, -3 … is added to them.",
                n,
            )
            yield text % number(n)
    elif how.number_prefix is not None:
        first = f"{how.number_prefix}{how.number_from}"
        yield _("The rows are numbered, from %s on.") % first


def _meanings(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    priorities = {word: Priority(level).label for word, level in how.words.items()}
    for theirs, ours in (priorities | how.queues).items():
        yield _("“%(theirs)s” is read as “%(ours)s”.") % {"theirs": theirs, "ours": ours}


def _remembered(record: Import, how: Reading, found: Findings) -> Iterator[str]:
    is_guessed = record.mapping == guess(record.header) and not how.is_chosen
    if not found.remembered or is_guessed:
        return
    who = found.remembered["by"] or _("the console")
    if record.by and record.by.username == who:
        yield _("Columns and choices are as you confirmed them for such a file before.")
    else:
        yield _("Columns and choices are as %s confirmed them for such a file before.") % who


NOTED: tuple[Callable[[Import, Reading, Findings], Iterator[str]], ...] = (
    _place,
    _encoding,
    _order,
    _zone,
    _hidden_rows,
    _stray_cells,
    _linked,
    _totals,
    _zeros_lost,
    _values,
    _reference,
    _meanings,
    _remembered,
)
