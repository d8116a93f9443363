"""Reads an import's file batch by batch, and checks each row once."""

import pickle
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

from qc import tables
from qc.imports import storage
from qc.imports.planner import ParsedRow
from qc.imports.storage import RefusedRow
from qc.imports.validation import Checker
from qc.models import Import

BATCH = 1000
MOST_ROWS = 1_000_000


class Batch(NamedTuple):
    """Some rows of a file; `end`: row count up to and including this batch."""

    end: int
    good: list[ParsedRow]
    refused: list[RefusedRow]


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
            yield batch

    def estimate(self, rows: int) -> int:
        """Estimate the rows of the file, from the share of its bytes that these rows took."""
        return max(rows, rows * self.record.size // max(self.bytes_read, 1))

    def _checked(self) -> Iterator[Batch]:
        kept = self.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the file
        checker, end = Checker(self.record.mapping), 0
        with (
            storage.opened(self.record) as file,
            closing(tables.read(file, self.record.format)) as rows,
        ):
            next(rows)
            while some := list(islice(rows, BATCH)):
                end, self.bytes_read = end + len(some), file.tell()
                batch = _batch(checker, some, end)
                pickle.dump(batch, kept, pickle.HIGHEST_PROTOCOL)
                yield batch
        pickle.dump(None, kept)
        self.kept = kept


def _batch(checker: Checker, rows: list[tables.Row], end: int) -> Batch:
    if end > MOST_ROWS:
        message = _("The file has more than %s rows. That is the limit.")
        raise tables.BadFile(message % f"{MOST_ROWS:,}")
    batch = Batch(end, [], [])
    for row in rows:
        values, faults = checker.check(row)
        if faults:
            batch.refused.append(RefusedRow(row.number, row.cells, faults))
        else:
            batch.good.append(ParsedRow(row.number, values))
    return batch
