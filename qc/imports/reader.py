"""Reads an import's file batch by batch, and checks each row once."""

import pickle
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from operator import sub
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from qc import tables
from qc.core.localization import number
from qc.imports import reading, storage
from qc.imports.planner import ParsedRow
from qc.imports.reading import WITH, Reading, Undecided
from qc.imports.storage import RefusedRow
from qc.imports.totals import sums_up
from qc.imports.validation import Checker
from qc.models import Import
from qc.tables.cells import Fault

BATCH = 1000
MOST_ROWS = 1_000_000


class Batch(NamedTuple):
    """Some rows of a file; `end`: row count up to and including this batch.

    Not counted, as they are not read: `totals`, the numbers of rows that only sum up others, and
    hidden rows that are left out. `hidden` and `stray` are the counts of hidden rows and of cells
    under no heading, whatever was chosen for them; `linked` of cells whose link was read, `repeats`
    of references that were made for an earlier row too.
    """

    end: int
    good: list[ParsedRow]
    refused: list[RefusedRow]
    totals: list[int]
    hidden: int
    stray: int
    linked: int
    repeats: int


class CheckedFile(ExitStack):
    """An import's file with its rows checked; they are kept on the disk to be read again.

    So exactly what was checked is written, whatever happens to the queues meanwhile.
    """

    def __init__(self, record: Import) -> None:
        super().__init__()
        self.record = record
        self.bytes_read = 0
        self.kept: IO[bytes] | None = None

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, batch by batch. Raises BadFile."""
        if self.kept is None:
            yield from self._checked()
            return
        self.kept.seek(0)
        while batch := pickle.load(self.kept):  # noqa: S301 - our own, a moment ago
            yield batch._replace(good=[ParsedRow(*row) for row in batch.good])

    def estimate(self, rows: int) -> int:
        """Estimate the rows of the file, from the share of its bytes that these rows took."""
        return max(rows, rows * self.record.size // max(self.bytes_read, 1))

    def _table(self, file: BinaryIO) -> Generator[tables.Row, None, None]:
        how, format = reading.of(self.record), self.record.format
        return tables.read(file, format, how.sheet, how.header_row, with_links=True)

    def rows(self) -> Iterator[list[tables.Row]]:
        """Yield all rows below the header, some at a time. Raises BadFile."""
        with (
            storage.opened(self.record) as file,
            closing(self._table(file)) as rows,
        ):
            next(rows)
            while some := list(islice(rows, BATCH)):
                self.bytes_read = file.tell()
                yield some

    def _checked(self) -> Iterator[Batch]:
        kept = self.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the file
        how, end = reading.of(self.record), 0
        found = reading.findings(self.record)
        checker = Checker(self.record.mapping, how, found, self.record.header)
        for some in self.rows():
            batch = _batch(checker, some, end)
            end = batch.end
            _keep(batch, kept)
            yield batch
        pickle.dump(None, kept)
        self.kept = kept


def _keep(batch: Batch, file: IO[bytes]) -> None:
    # As plain tuples: pickle takes longer for rows of a class of their own.
    plain = batch._replace(good=list(map(tuple, batch.good)))  # type: ignore[arg-type]
    pickle.dump(plain, file, pickle.HIGHEST_PROTOCOL)


def _batch(checker: Checker, rows: list[tables.Row], end: int) -> Batch:
    """Check some rows. Raises Undecided, BadFile for too many rows."""
    before = _counts(checker)
    read = [row for row in rows if not row.is_hidden or _is_read(checker.how)]
    batch = Batch(end, [], [], [], len([row for row in rows if row.is_hidden]), 0, 0, 0)
    _sort(checker, read, batch)
    end += len(batch.good) + len(batch.refused)
    if end > MOST_ROWS:
        message = _("The file has more than %s rows. That is the limit.")
        raise tables.BadFile(message % number(MOST_ROWS))
    stray, linked, repeats = map(sub, _counts(checker), before)
    return batch._replace(end=end, stray=stray, linked=linked, repeats=repeats)


def _counts(checker: Checker) -> tuple[int, int, int]:
    return checker.stray, checker.linked, checker.repeats


def _is_read(how: Reading) -> bool:
    """Return whether hidden rows are read. Raises Undecided, if that was not chosen."""
    if not how.hidden_rows:
        raise Undecided
    return how.hidden_rows == WITH


def _sort(checker: Checker, rows: list[tables.Row], batch: Batch) -> None:
    """Check rows, and add each to its batch as what it is. Raises Undecided."""
    checked = [_checked(checker, row) for row in rows]
    references = {
        row.number: values["reference"]
        for row, (values, _faults) in zip(rows, checked, strict=True)
        if values.get("reference")
    }
    duplicates = checker.duplicates(references)
    for row, (values, faults) in zip(rows, checked, strict=True):
        if faults is not None and row.number in duplicates:
            faults.append(duplicates[row.number])
        if faults is None or (faults and sums_up(checker.columns, row.cells)):
            batch.totals.append(row.number)
        elif faults:
            batch.refused.append(RefusedRow(row.number, row.cells, faults))
        else:
            batch.good.append(ParsedRow(row.number, values))


def _checked(checker: Checker, row: tables.Row) -> tuple[dict[str, Any], list[Fault] | None]:
    """Check a row by itself; its faults are None if it only sums up others. Raises Undecided."""
    # Where references are made, one would be made for the sum, too.
    if checker.completion.makes_references and sums_up(checker.columns, row.cells):
        return {}, None
    try:
        return checker.check(row)
    except Undecided:
        if not sums_up(checker.columns, row.cells):
            raise
        return {}, None
