"""Checks the rows of an imported table, each by itself, and converts their cells."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from qc import tables
from qc.imports import due_dates
from qc.imports.columns import COLUMNS, DETAIL, LEFT_OUT
from qc.models import Priority, Queue, Task
from qc.models.queues import folded
from qc.tables.cells import ERRORS, UNPRINTABLE, Fault, stripped, unescaped

WORDS = {
    Priority.P1: "1 p1 urgent critical highest dringend kritisch",
    Priority.P2: "2 p2 high hoch",
    Priority.P3: "3 p3 normal medium mittel",
    Priority.P4: "4 p4 low lowest niedrig gering",
}
PRIORITIES = {word: priority for priority, words in WORDS.items() for word in words.split()}

# Cells of these columns often repeat: the value of each text is cached, if it is not long.
REPEATED = frozenset({"queue", "priority", "due_at", "instructions", "link"})
MANY, LONG = 10_000, 200


class Checker:
    """Checks the rows of one table, given what each of its columns is (`qc.imports.columns`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        self.ours = [name for name in COLUMNS if name in columns]
        self.details = [name for name in columns if name.startswith(DETAIL)]
        queues = Queue.objects.select_related("merged_into")
        self.queues = {folded(queue.name): queue.successor for queue in queues}
        # Where names differ in capitals or blanks only, each queue still has its exact one.
        self.queues |= {queue.name: queue.successor for queue in queues}
        self.seen = _FirstRows()
        self.fields: dict[str, Any] = {name: Task._meta.get_field(name) for name in self.ours}
        self.repeated = lru_cache(MANY)(self._read)

    def check(self, row: tables.Row) -> tuple[dict[str, Any], list[Fault]]:
        """Return a row's columns as values of a task, and its faults.

        Columns that the table lacks are missing; an empty priority or due date is None.
        """
        texts = [stripped(cell) for cell in row.cells]
        if faults := list(_unfit_cells(self.columns, texts, row.number)):
            return {}, faults
        # Spreadsheets leave out the delimiters after a row's last cell: what is missing is empty.
        cells = dict(zip(self.columns, map(unescaped, texts), strict=False))
        values: dict[str, Any] = {}
        for name in self.ours:
            cell = cells.get(name, "")
            try:
                is_repeated = name in REPEATED and len(cell) < LONG
                values[name] = (self.repeated if is_repeated else self._read)(name, cell)
            except ValueError as refusal:
                faults.append(Fault(row.number, name, cell, str(refusal)))
        if self.details:
            details = ((name, cells.get(name)) for name in self.details)
            values["details"] = {name.removeprefix(DETAIL): cell for name, cell in details if cell}
        return values, faults + self._duplicate(values.get("reference"), row.number)

    def _read(self, name: str, cell: str) -> Any:
        """Return the value that a task gets from a cell. Raises ValueError with what is allowed."""
        if name == "queue":
            return _queue(cell, self.queues)
        try:
            if read := READ.get(name):
                return read(cell) if cell else None
            return self.fields[name].clean(cell, None)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    def _duplicate(self, reference: str | None, number: int) -> list[Fault]:
        if not reference or (first := self.seen.first(reference, number)) == number:
            return []
        message = _("Duplicate of row %d. Each reference may occur only once.") % first
        return [Fault(number, "reference", reference, message)]


class _FirstRows:
    """The first row of each reference: on the disk, as a million would fill the memory."""

    def __init__(self) -> None:
        self.file = sqlite3.connect("", isolation_level=None)
        self.file.execute("PRAGMA journal_mode = OFF")
        self.file.execute("CREATE TABLE seen (reference TEXT PRIMARY KEY, row) WITHOUT ROWID")
        self.file.execute("BEGIN")

    def first(self, reference: str, row: int) -> int:
        """Return the first row of a reference: this one, if it is new."""
        added = self.file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (reference, row))
        if added.rowcount:
            return row
        found = self.file.execute("SELECT row FROM seen WHERE reference = ?", (reference,))
        return int(found.fetchone()[0])


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
        return stripped(UNPRINTABLE.sub("", value).replace("\r\n", "\n"))
    return value


def _unfit_cells(columns: Sequence[str], texts: list[str], number: int) -> Iterator[Fault]:
    """Yield a fault for each cell that no column or no task can take."""
    if _look_fit(columns, texts):
        return
    for name, cell in zip(chain(columns, repeat(DETAIL)), texts, strict=False):
        shown = name.removeprefix(DETAIL)
        if not cell or name == LEFT_OUT:
            continue
        if name == DETAIL:
            yield Fault(number, shown, cell, _("This cell is in a column without a heading."))
        elif cell in ERRORS:
            message = _("The spreadsheet could not calculate this cell. Please fix it there.")
            yield Fault(number, shown, cell, message)
        elif UNPRINTABLE.search(cell):
            message = _("It has characters that can't be displayed. Please remove them.")
            yield Fault(number, shown, UNPRINTABLE.sub("�", cell), message)


def _look_fit(columns: Sequence[str], texts: list[str]) -> bool:
    """Return whether a quick look finds nothing wrong, as in nearly all rows."""
    is_named = len(texts) <= len(columns) and DETAIL not in columns
    return is_named and "".join(texts).isprintable() and ERRORS.isdisjoint(texts)


def _queue(cell: str, queues: dict[str, Queue]) -> Queue:
    open_ones = {queue.name for queue in queues.values() if not queue.is_closed}
    if not open_ones:
        raise ValueError(_("There is no queue yet."))
    queue = queues.get(cell) or queues.get(folded(cell))
    if queue and not queue.is_closed:
        return queue
    words = {"queue": queue, "open": ", ".join(sorted(open_ones))}
    if queue:
        raise ValueError(_("%(queue)s is closed. Choose one of: %(open)s.") % words)
    raise ValueError(_("There is no such queue. Choose one of: %s.") % words["open"])


def _priority(cell: str) -> Priority:
    # Pages say "P1 urgent".
    found = {PRIORITIES.get(word) for word in cell.casefold().split()}
    if len(found) != 1 or not (priority := found.pop()):
        raise ValueError(_("Allowed are 1, 2, 3 and 4, or urgent, high, normal and low."))
    return priority


READ: dict[str, Callable[[str], Any]] = {"priority": _priority, "due_at": due_dates.due}
