"""Reads an import's file batch by batch, each row checked."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from qc import tables
from qc.import_files import Refused
from qc.import_plan import Told
from qc.import_records import Import
from qc.rows import Checker

BATCH = 1000
MOST_ROWS = 1_000_000


class Batch(NamedTuple):
    """Some rows of a file, of which the last is its `end`-th."""

    end: int
    good: list[Told]
    refused: list[Refused]


def batches(record: Import, file: BinaryIO) -> Iterator[Batch]:
    """Gives the rows of the file, the good ones and those that are refused. Raises BadFile."""
    rows = tables.read(file, record.format)
    next(rows)
    checker = Checker(record.mapping)
    end = 0
    while some := list(islice(rows, BATCH)):
        end += len(some)
        if end > MOST_ROWS:
            words = _("The file has more than %s rows, the most that it may have.")
            raise tables.BadFile(words % f"{MOST_ROWS:,}")
        batch = Batch(end, [], [])
        for row in some:
            values, faults = checker.check(row)
            if faults:
                batch.refused.append(Refused(row.number, row.cells, faults))
            else:
                batch.good.append(Told(row.number, values))
        yield batch
