"""Checks the rows of an imported table, each by itself, and converts their cells."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any
from unicodedata import is_normalized, normalize

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from qc import tables
from qc.checks.quantities import MOST
from qc.imports import priorities, references
from qc.imports.columns import COLUMNS, DETAIL, LEFT_OUT
from qc.imports.completion import JOINED, LONGEST_REFERENCE, Completion
from qc.imports.due_dates import DueDates
from qc.imports.reading import (
    KEEP,
    LEAVE_OUT,
    NOTHING_CHOSEN,
    NOTHING_FOUND,
    Findings,
    Reading,
    Undecided,
)
from qc.models import Queue, Task
from qc.models.queues import folded
from qc.tables.cells import ERRORS, UNPRINTABLE, Fault, address_in, stripped, unescaped

# Cells of these columns often repeat: the value of each text is cached, if it is not long.
REPEATED = frozenset({"queue", "priority", "due_at", "instructions", "link", "lot_size"})
MANY, LONG = 10_000, 200
WHOLE_NUMBER = re.compile(r"([0-9]{1,10})(?:[.,]0+)?")
FIELDS: dict[str, Any] = {name: Task._meta.get_field(name) for name in COLUMNS}
# Columns of texts that must be there and not be too long: nothing else can be wrong with them.
LIMITS = {name: FIELDS[name].max_length for name in ("reference", "name")}


class Checker:
    """Checks the rows of one table, given what each of its columns is (`qc.imports.columns`).

    `how` is how the file is read, `found` what was seen in it; the `header` says which columns a
    reference is made of.
    """

    def __init__(
        self,
        columns: Sequence[str],
        how: Reading = NOTHING_CHOSEN,
        found: Findings = NOTHING_FOUND,
        header: Sequence[str] = (),
    ) -> None:
        # A first column that only counts the rows is left out, whatever is chosen for the others.
        self.header = [LEFT_OUT, *columns[1:]] if found.counts_rows else list(columns)
        self.has_blank_headings = DETAIL in self.header
        self.columns = named_columns(self.header, how.stray_cells)
        # So far: cells under no heading, cells whose link was read, references made once more.
        self.stray = self.linked = self.repeats = 0
        self.how, self.found = how, found
        self.completion = Completion(header, how)
        self.ours = [name for name in COLUMNS if name in {*columns, *self.completion.names}]
        # A linked cell gives a link, without a column of links too.
        self.ours_with_link = list(dict.fromkeys([*self.ours, "link"]))
        sent = [name for name in self.columns if name.startswith(DETAIL)]
        self.details = [(name, name.removeprefix(DETAIL)) for name in sent]
        named = Queue.objects.select_related("merged_into").by_name()
        self.queues = {name: queue.successor for name, queue in named.items()}
        self.queues = _also_called(self.queues, how.queues)
        self.words = {folded(word): priority for word, priority in how.words.items()}
        self.due_dates = DueDates(how.day_first, found.order)
        self.seen = _FirstRows()
        # How often a reference that was made of cells was there again.
        self.repeated_keys: Counter[str] = Counter()
        self.repeated = lru_cache(MANY)(self.read)

    def check(self, row: tables.Row) -> tuple[dict[str, Any], list[Fault]]:
        """Return a row's columns as values of a task, and its faults.

        Columns that the table lacks are missing; an empty priority or due date is None. That an
        earlier row has its reference is found by `duplicates`. Raises Undecided where something
        has to be chosen first.
        """
        whole = "".join(row.cells)
        texts = self._texts(row, whole)
        completed = self.completion.of_next(texts)
        if not _look_fit(texts) and (faults := list(_unfit_cells(self.columns, texts, row.number))):
            return {}, faults
        faults = []
        # Spreadsheets leave out the delimiters after a row's last cell: what is missing is empty.
        is_escaped = "'" in whole or "\r" in whole
        plain = map(unescaped, texts) if is_escaped else texts
        cells = dict(zip(self.columns, plain, strict=False))
        if completed:
            cells |= {name: cells.get(name) or value for name, value in completed.items()}
        values: dict[str, Any] = {}
        if row.links:
            cells |= self._linked(row.links)
        for name in self.ours_with_link if row.links else self.ours:
            cell = cells.get(name, "")
            try:
                if row.rounded and name == "reference":
                    self._check_rounding(row)
                is_repeated = name in REPEATED and len(cell) < LONG
                values[name] = (self.repeated if is_repeated else self.read)(name, cell)
            except ValueError as refusal:
                faults.append(Fault(row.number, name, cell, str(refusal)))
        if self.details or len(texts) > len(self.columns):
            values["details"] = self._details(cells, texts)
        if self.completion.key and "reference" in values:
            values["reference"] = self._made_unique(values["reference"], row.number)
        return values, faults

    def _texts(self, row: tables.Row, whole: str) -> list[str]:
        """Return the texts of a row's cells that are read, without blanks around them."""
        # Quick, and true for most rows: blanks are plain ones, and nothing is composed.
        is_ascii = whole.isascii()
        texts = list(map(str.strip if is_ascii else stripped, row.cells))
        if len(texts) > len(self.header) or self.has_blank_headings:
            texts = self._under_headings(texts)
        if not (is_ascii or is_normalized("NFC", whole)):
            texts = [normalize("NFC", text) for text in texts]
        return texts

    def _under_headings(self, texts: list[str]) -> list[str]:
        """Return the texts as chosen for those under no heading. Raises Undecided."""
        stray = sum(is_stray(self.header, texts))
        if stray and not self.how.stray_cells:
            raise Undecided
        self.stray += stray
        return texts if self.how.stray_cells == KEEP else texts[: len(self.columns)]

    def _details(self, cells: dict[str, str], texts: list[str]) -> dict[str, str]:
        """Return the sender's columns that are filled, those beyond the header by their number."""
        details = {shown: cell for name, shown in self.details if (cell := cells.get(name))}
        for at in range(len(self.columns), len(texts)):
            if cell := unescaped(texts[at]):
                details[tables.column_name(at)] = cell
        return details

    def _check_rounding(self, row: tables.Row) -> None:
        """Raise ValueError for a reference that the spreadsheet has rounded.

        Where other references keep more digits, this one ends in zeros by itself.
        """
        if (
            "reference" in self.columns
            and self.columns.index("reference") in row.rounded
            and not self.found.keeps_digits
        ):
            raise references.rounded()

    def _linked(self, links: Mapping[int, str]) -> dict[str, str]:
        """Return the address of a row's linked cell, as the cell of its link.

        Without a column of links it is that of the first linked cell, if it is a web address.
        """
        if "link" in self.columns:
            address = links.get(self.columns.index("link"), "")
        else:
            address = next((one for one in links.values() if one.startswith("http")), "")
        self.linked += bool(address)
        return {"link": address} if address else {}

    def read(self, name: str, cell: str) -> Any:
        """Return the value that a task gets from a cell. Raises ValueError with what is allowed."""
        try:
            if name == "queue":
                return _queue(cell, self.queues)
            if name == "priority":
                return priorities.read(cell, self.words) if cell else None
            if name == "due_at":
                return self.due_dates.read(cell) if cell else None
            if name == "lot_size":
                return _lot_size(cell) if cell else None
            if name == "reference":
                cell = references.read(cell, has_decimals=self.found.has_decimals)
            elif name == "link":
                cell = address_in(cell) or cell
            return _cleaned(name, cell)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    def _made_unique(self, made: str, number: int) -> str:
        """Return a reference made of cells, with a running number where an earlier row has it."""
        reference = made
        while made and self.seen.first(reference, number) != number:
            self.repeated_keys[made] += 1
            reference = f"{made}{JOINED}{self.repeated_keys[made] + 1}"
        self.repeats += reference != made
        return reference if len(reference) <= LONGEST_REFERENCE else made

    def duplicates(self, references: Mapping[int, str]) -> dict[int, Fault]:
        """Return a fault by the number of each further row whose reference an earlier one has."""
        message = _("Duplicate of row %d. Each reference may occur only once.")
        return {
            number: Fault(number, "reference", references[number], message % first)
            for number, first in self.seen.earlier(references).items()
        }


class _FirstRows:
    """The first row of each reference: on the disk, as a million would fill the memory."""

    def __init__(self) -> None:
        self.file = sqlite3.connect("", isolation_level=None)
        self.file.execute("PRAGMA journal_mode = OFF")
        self.file.execute("CREATE TABLE seen (reference TEXT PRIMARY KEY, row) WITHOUT ROWID")
        self.file.execute("BEGIN")

    def earlier(self, references: Mapping[int, str]) -> dict[int, int]:
        """Return the first row by each of these rows whose reference an earlier one has."""
        before = self.file.total_changes
        rows = [(reference, row) for row, reference in references.items()]
        self.file.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        if self.file.total_changes - before == len(rows):
            return {}
        firsts = {row: self.first(reference, row) for reference, row in rows}
        return {row: first for row, first in firsts.items() if first != row}

    def first(self, reference: str, row: int) -> int:
        """Return the first row of a reference: this one, if it is new."""
        added = self.file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (reference, row))
        if added.rowcount:
            return row
        found = self.file.execute("SELECT row FROM seen WHERE reference = ?", (reference,))
        return int(found.fetchone()[0])


def named_columns(columns: Sequence[str], stray: str) -> list[str]:
    """Return the columns with what was chosen for those without a heading."""
    named = {KEEP: DETAIL + "%s", LEAVE_OUT: LEFT_OUT}
    pattern = named.get(stray, DETAIL)
    return [
        pattern.replace("%s", tables.column_name(at)) if name == DETAIL else name
        for at, name in enumerate(columns)
    ]


def is_stray(columns: Sequence[str], cells: Sequence[str]) -> Iterator[bool]:
    """Yield for each cell whether it is filled and under no heading."""
    for name, cell in zip(chain(columns, repeat(DETAIL)), cells, strict=False):
        yield name == DETAIL and bool(cell)


def same(kept: Any, imported: Any) -> bool:
    """Return whether a value of a task and one of a file are equal once written to a table."""
    return as_imported(kept) == as_imported(imported)


def text_of(value: object) -> str:
    """Return a value of `details` as a cell's text."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def as_imported(value: Any) -> Any:
    """Return a value as it is after an export and an import.

    Of a dictionary, the sender's columns, only those with a name and a text remain.
    """
    if isinstance(value, dict):
        texts = {as_imported(name): as_imported(text_of(one)) for name, one in value.items()}
        return {name: text for name, text in texts.items() if name and text}
    if isinstance(value, str):
        return normalize("NFC", stripped(UNPRINTABLE.sub("", value).replace("\r\n", "\n")))
    return value


def _unfit_cells(columns: Sequence[str], texts: list[str], number: int) -> Iterator[Fault]:
    """Yield a fault for each cell that no column or no task can take."""
    for name, cell in zip(chain(columns, repeat(DETAIL)), texts, strict=False):
        shown = name.removeprefix(DETAIL)
        if not cell or name == LEFT_OUT:
            continue
        if cell in ERRORS:
            message = _("The spreadsheet could not calculate this cell. Please fix it there.")
            yield Fault(number, shown, cell, message)
        elif UNPRINTABLE.search(cell):
            message = _("It has characters that can't be displayed. Please remove them.")
            yield Fault(number, shown, UNPRINTABLE.sub("�", cell), message)


def _cleaned(name: str, cell: str) -> Any:
    """Return the text that a task gets from a cell. Raises ValidationError."""
    field = FIELDS[name]
    text = field.to_python(cell)
    if text and len(text) <= LIMITS.get(name, 0):
        # Quick, and true for nearly all: Django's own check takes ten times as long.
        return text
    return field.clean(cell, None)


def _look_fit(texts: list[str]) -> bool:
    """Return whether a quick look finds nothing wrong, as in nearly all rows."""
    return "".join(texts).isprintable() and ERRORS.isdisjoint(texts)


def _also_called(queues: dict[str, Queue], others: Mapping[str, str]) -> dict[str, Queue]:
    """Return open queues by their names and by those that somebody has given a meaning."""
    called = {theirs: queues[ours] for theirs, ours in others.items() if ours in queues}
    is_open = {name: queue for name, queue in queues.items() if not queue.is_closed}
    return queues | called | is_open


def _lot_size(cell: str) -> int:
    """Return a number of pieces; spreadsheets may have written it with decimals."""
    whole = WHOLE_NUMBER.fullmatch(cell)
    if whole is None or not 1 <= int(whole[1]) <= MOST:
        raise ValueError(_("Enter a whole number from 1 on."))
    return int(whole[1])


def _queue(cell: str, queues: dict[str, Queue]) -> Queue:
    """Return an open queue. Which ones there are is no part of the message: it is said once."""
    queue = queues.get(cell) or queues.get(folded(cell))
    if queue and not queue.is_closed:
        return queue
    if queue:
        raise ValueError(_("The queue %s is closed.") % queue)
    if not queues:
        raise ValueError(_("There is no queue yet."))
    raise ValueError(_("There is no such queue.") if cell else _("The queue is missing."))
