"""Looks at the rows of a file before they are checked, for what has to be known of all of them.

Of a small file all rows are looked at when it is received. Of a large one only the first are, and
a worker looks at all where these leave something open.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from qc import tables
from qc.imports import due_dates, priorities, references
from qc.imports.columns import DETAIL
from qc.imports.reading import WITHOUT, Findings, Reading
from qc.imports.totals import sums_up
from qc.imports.validation import is_stray
from qc.models import Queue
from qc.models.queues import folded
from qc.tables.cells import stripped, unescaped
from qc.tables.xlsx.numbers import DIGITS

# Rows and words kept of each kind; all are counted.
MOST_KEPT = 20
# Rows that are compared to find columns that tell them apart.
MOST_COMPARED = 2000
MOST_COMPARED_CELLS, LONGEST_COMPARED = 64, 100


class Words:
    """Words that nobody knows, in their first spelling, and how often they are there."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[str, int]] = {}

    def add(self, word: str) -> None:
        """Count a word; capitals and blanks make no difference."""
        spelled, n = self.counts.get(folded(word), (word, 0))
        if n or len(self.counts) < MOST_KEPT:
            self.counts[folded(word)] = spelled, n + 1

    def as_json(self) -> dict[str, int]:
        """Return the words with their counts."""
        return dict(self.counts.values())


class _Stray:
    """Cells under no heading: how many, in how many rows, and the first of these."""

    def __init__(self) -> None:
        self.cells = self.rows = 0
        self.first_rows: list[int] = []

    def add(self, row: int, n: int) -> None:
        """Add the stray cells of a row."""
        self.cells, self.rows = self.cells + n, self.rows + bool(n)
        if n and len(self.first_rows) < MOST_KEPT:
            self.first_rows.append(row)

    def plus(self, other: "_Stray") -> "_Stray":
        """Return these and others of the same rows."""
        both = _Stray()
        both.cells, both.rows = self.cells + other.cells, max(self.rows, other.rows)
        both.first_rows = sorted({*self.first_rows, *other.first_rows})[:MOST_KEPT]
        return both


class Survey:
    """What is seen in the rows that were added, given what each column is and what was chosen."""

    def __init__(self, columns: Sequence[str], how: Reading) -> None:
        self.columns, self.how = columns, how
        self.words = {folded(word): priority for word, priority in how.words.items()}
        self.at = {name: at for at, name in enumerate(columns)}
        self.looked_at = self.hidden = 0
        # The stray cells in the first column, and those in others.
        self.stray_first, self.stray = _Stray(), _Stray()
        self.totals: list[int] = []
        self.order: dict[str, tuple[int, str]] = {}
        self.unknown, self.unknown_queues = Words(), Words()
        known = Queue.objects.open().by_name() if "queue" in columns else {}
        self.queues = {*map(folded, known), *how.queues}
        # The first rows, where a reference has to be made of their cells.
        self.first: list[list[str]] = []
        self.has_decimals = self.keeps_digits = False
        # The numbers with which a first column without a heading may count the rows.
        self.counts = [count(0), count(1)] if columns[:1] == [DETAIL] else []

    def add(self, row: tables.Row) -> None:
        """Look at one more row."""
        self.looked_at += 1
        self.hidden += row.is_hidden
        if row.is_hidden and self.how.hidden_rows == WITHOUT:
            return
        if sums_up(self.columns, row.cells):
            self.totals += [row.number] if len(self.totals) < MOST_KEPT else []
            return
        self._look_for_stray(row)
        self._look_at_reference(row)
        if "reference" not in self.at and len(self.first) < MOST_COMPARED:
            self.first.append([cell[:LONGEST_COMPARED] for cell in row.cells[:MOST_COMPARED_CELLS]])
        due, priority = self._cell(row, "due_at"), self._cell(row, "priority")
        if due and (proven := due_dates.order(due)):
            self.order.setdefault(proven, (row.number, due))
        if priority and not priorities.find(priority, self.words):
            self.unknown.add(priority)
        queue = self._cell(row, "queue")
        if queue and folded(queue) not in self.queues:
            self.unknown_queues.add(queue)

    def findings(self, before: Findings, *, is_whole: bool) -> Findings:
        """Return what was seen, with what was known `before`."""
        counts_rows = bool(self.counts and self.looked_at)
        stray = self.stray if counts_rows else self.stray.plus(self.stray_first)
        return replace(
            before,
            looked_at=self.looked_at,
            hidden_rows=self.hidden,
            stray_cells=stray.cells,
            stray_rows=stray.first_rows,
            rows_with_stray=stray.rows,
            totals=self.totals,
            order=self.order,
            words=self.unknown.as_json(),
            queues=self.unknown_queues.as_json(),
            counts_rows=counts_rows,
            has_decimals=self.has_decimals,
            keeps_digits=self.keeps_digits,
            is_whole=is_whole,
        )

    def _look_for_stray(self, row: tables.Row) -> None:
        if self.counts:
            first = row.cells[0].strip()
            self.counts = [one for one in self.counts if first == str(next(one))]
        if len(row.cells) > len(self.columns) or DETAIL in self.columns:
            cells = [stripped(cell) for cell in row.cells]
            in_first, *in_others = is_stray(self.columns, cells)
            self.stray_first.add(row.number, in_first)
            self.stray.add(row.number, sum(in_others))

    def _look_at_reference(self, row: tables.Row) -> None:
        cell = self._cell(row, "reference")
        if references.DECIMAL.fullmatch(cell):
            self.has_decimals = True
        is_long = len(cell) > DIGITS and cell.isdecimal()
        if is_long and self.at["reference"] not in row.rounded:
            self.keeps_digits = True

    def _cell(self, row: tables.Row, name: str) -> str:
        at = self.at.get(name, len(row.cells))
        return unescaped(stripped(row.cells[at])) if at < len(row.cells) else ""
