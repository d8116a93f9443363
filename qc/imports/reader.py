"""Reads an import's file batch by batch, each row checked, and checked once only."""

import pickle
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple, Self, cast

from django.utils.translation import gettext as _

from qc import tables
from qc.imports import storage as import_storage
from qc.imports.planner import Told
from qc.imports.storage import Refused
from qc.imports.validation import Checker
from qc.models import Import

BATCH = 1000
MOST_ROWS = 1_000_000


class Batch(NamedTuple):
    """Some rows of a file, of which the last is its `end`-th."""

    end: int
    good: list[Told]
    refused: list[Refused]


class Reading(ExitStack):
    """The batches of a file; what was read to its end once is kept on the disk as it was checked.

    So what is written is what was checked, whatever happens to the queues meanwhile.
    """

    def __init__(self, record: Import) -> None:
        super().__init__()
        self.record = record
        self.size = max(record.size, 1)
        self.read = 0
        self.kept: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def batches(self) -> Iterator[Batch]:
        """Return the rows, the good ones and those that are refused. Raises BadFile."""
        if self.kept is None:
            yield from self._checked()
            return
        self.kept.seek(0)
        while batch := pickle.load(self.kept):  # noqa: S301 - our own, a moment ago
            yield batch

    def estimate(self, rows: int) -> int:
        """Return how many rows there are in all, judged by how much of the file so many took."""
        return max(rows, rows * self.size // max(self.read, 1))

    def _checked(self) -> Iterator[Batch]:
        kept = self.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the reading
        with (
            import_storage.opened(self.record) as file,
            closing(cast(Any, tables.read(file, self.record.format))) as rows,
        ):
            next(rows)
            checker, end = Checker(self.record.mapping), 0
            while some := list(islice(rows, BATCH)):
                end, self.read = end + len(some), file.tell()
                batch = _batch(checker, some, end)
                pickle.dump(batch, kept, pickle.HIGHEST_PROTOCOL)
                yield batch
        pickle.dump(None, kept)
        self.kept = kept


def _batch(checker: Checker, rows: list[tables.Row], end: int) -> Batch:
    if end > MOST_ROWS:
        words = _("The file has more than %s rows. That is the limit.")
        raise tables.BadFile(words % f"{MOST_ROWS:,}")
    batch = Batch(end, [], [])
    for row in rows:
        values, faults = checker.check(row)
        if faults:
            batch.refused.append(Refused(row.number, row.cells, faults))
        else:
            batch.good.append(Told(row.number, values))
    return batch
