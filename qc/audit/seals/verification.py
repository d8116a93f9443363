"""Verifies that the history is as it was sealed, and names each violation in order."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from qc.audit.seals import archived_rows, plan_versions, row_hashing
from qc.audit.seals.erased_names import ErasedNames
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.seals.sealing import LATE, last_of, open_above
from qc.audit.seals.violations import Violation, is_consistent
from qc.core.id_spans import ids_of
from qc.history.registry import TABLES
from qc.models import Seal
from qc.models.seals import GENESIS_HASH

# Seals read per query: each has some 32 KB.
SEALS = 20


class SealedRows:
    """Reads the rows of seals as they are in the database now.

    Make it after the last seal that it is used for: it reads at once which ids may still appear.
    """

    def __init__(self) -> None:
        self._open_above = {table: _open_above(table) for table in TABLES}
        self._archived = archived_rows.ArchivedRows()
        self.names = ErasedNames()

    def of(self, seal: Seal) -> dict[int, HashedRow]:
        """Return all rows in the range of a seal by id, without those of a late seal."""
        if seal.is_late:
            rows = row_hashing.in_spans(seal.table, seal.columns, seal.ids, seal.rows)
            return {row.pk: row for row in rows}
        # No row of ours has an id below 1: a row put there is found too.
        rows = row_hashing.between(seal.table, seal.columns, seal.above or None, seal.upto)
        appeared = {row.pk for row in rows}.difference(ids_of(seal.ids))
        late = self._late(seal, appeared) if appeared else set()
        return {row.pk: row for row in rows if row.pk not in late}

    def _late(self, seal: Seal, appeared: set[int]) -> set[int]:
        """Return which of the rows that a seal has not may have appeared after it."""
        is_open = {pk for pk in appeared if pk > self._open_above[seal.table]}
        return is_open.union(
            *(appeared.intersection(ids_of(one.ids)) for one in late_seals([seal]))
        )

    def archived(self, seal: Seal, rows: Collection[int]) -> set[int]:
        """Return the ids of a seal's rows that are archived and not among `rows`."""
        return self._archived.among(seal, set(ids_of(seal.ids)).difference(rows))


def _open_above(table: str) -> int:
    last = last_of(table)
    return open_above(last) if last else 0


def find_violations(
    first: int, last: int, progress: Callable[[int], None] | None = None
) -> Iterator[Violation]:
    """Yield all that is not as it was sealed, in the seals `first` to `last`.

    The seal `last` must exist or have existed. `progress` gets the number of rows of each seal.
    """
    sealed_rows, expected = SealedRows(), first
    before = Seal.objects.filter(number=first - 1).values_list("hash", flat=True).first()
    previous = GENESIS_HASH if first == 1 else before
    for seal in seals_from(first, last):
        if seal.number != expected:
            yield Violation("seal deleted", expected)
        elif seal.previous != previous:
            yield Violation("seal unlinked", seal.number)
        yield from _of_seal(seal, sealed_rows)
        previous, expected = seal.hash, seal.number + 1
        if progress:
            progress(seal.rows)
    if expected <= last:
        yield Violation("seal deleted", expected)
    yield from archived_rows.find_violations()
    yield from plan_versions.find_violations()


def late_seals(on_time: Collection[Seal]) -> list[Seal]:
    """Return the late seals that may have rows missing in these, which are of one table."""
    soon = reduce(or_, (Q(newest__range=(one.newest, one.newest + LATE)) for one in on_time))
    table = next(iter(on_time)).table
    return list(Seal.objects.filter(soon, table=table, is_late=True))


def seals_from(first: int, last: int | None = None) -> Iterator[Seal]:
    """Yield the seals from `first` on, or up to `last`, with few of them in memory at once."""
    seals = Seal.objects.order_by("number")
    if last is not None:
        seals = seals.filter(number__lte=last)
    while some := list(seals.filter(number__gte=first)[:SEALS]):
        yield from some
        first = some[-1].number + 1


def _of_seal(seal: Seal, sealed_rows: SealedRows) -> Iterator[Violation]:
    if not (seal.hash == seal.computed_hash() and is_consistent(seal)):
        yield Violation("seal changed", seal.number)
    elif not set(seal.columns) <= row_hashing.readable(seal.table):
        yield Violation("seal unreadable", seal.number)
    else:
        before = last_of(seal.table, below=seal.number)
        if not _follows(seal, before):
            yield Violation("seal unlinked", seal.number)
        # An older row would have been sealed before: it is a forgery.
        earliest = before.newest - LATE if before else datetime.min.replace(tzinfo=UTC)
        yield from _of_rows(seal, sealed_rows, earliest)


def _follows(seal: Seal, before: Seal | None) -> bool:
    """Return whether a seal begins where the last one of its table ended."""
    if before is None:
        return seal.above == 0
    return seal.above == before.upto and seal.newest >= before.newest


def _of_rows(seal: Seal, sealed_rows: SealedRows, earliest: datetime) -> Iterator[Violation]:
    rows, digests = sealed_rows.of(seal), seal.digests_by_id()
    forged = sealed_rows.names.forged(seal.table, rows.values())
    archived = sealed_rows.archived(seal, rows.keys())
    for pk in sorted((digests.keys() | rows.keys()) - archived):
        row, digest = rows.get(pk), digests.get(pk)
        what = ""
        if row is None:
            what = "deleted"
        elif digest is None:
            what = "inserted"
        elif row.digest != digest:
            what = "reordered" if row.digest in digests.values() else "changed"
        elif pk in forged:
            what = "changed"
        elif not earliest <= row.date <= seal.sealed_at + LATE:
            what = "misdated"
        if what:
            yield Violation(what, seal.number, seal.table, pk)
