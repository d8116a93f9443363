"""Verifies that the history is as it was sealed, and names each violation in order."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

from qc.audit.seals import archived_rows, row_hashing
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.seals.sealing import LATE, last_of, open_above
from qc.audit.seals.violations import Violation, is_consistent
from qc.core.commitments import pseudonym
from qc.core.id_spans import Spans, ids_of
from qc.history.registry import TABLES
from qc.models import ChangeKind, Seal, User
from qc.models.seals import GENESIS_HASH

# Seals read per query: each has some 32 KB.
SEALS = 20


class SealedRows:
    """Reads the rows of seals as they are in the database now.

    Make it after the last seal that it is used for: it reads at once which ids were sealed late
    or may still appear.
    """

    def __init__(self) -> None:
        self._open_above = {table: _open_above(table) for table in TABLES}
        self._late = {table: _late_spans(table) for table in TABLES}
        self._archived = archived_rows.ArchivedRows()

    def of(self, seal: Seal) -> dict[int, HashedRow]:
        """Return all rows in the range of a seal by id, without those of a late seal."""
        if seal.is_late:
            rows = row_hashing.in_spans(seal.table, seal.columns, seal.ids, seal.rows)
            return {row.pk: row for row in rows}
        # No row of ours has an id below 1: a row put there is found too.
        rows = row_hashing.between(seal.table, seal.columns, seal.above or None, seal.upto)
        sealed = set(ids_of(seal.ids))
        return {row.pk: row for row in rows if row.pk in sealed or not self._is_late(seal, row.pk)}

    def _is_late(self, seal: Seal, pk: int) -> bool:
        """Return whether a row that a seal has not may have appeared after it."""
        late = self._late[seal.table]
        is_open = pk > self._open_above[seal.table]
        return is_open or any(first <= pk <= last for first, last in late)

    def archived(self, seal: Seal, rows: Collection[int]) -> set[int]:
        """Return the ids of a seal's rows that are archived and not among `rows`."""
        return self._archived.among(seal, set(ids_of(seal.ids)).difference(rows))


def _late_spans(table: str) -> Spans:
    seals = Seal.objects.filter(table=table, is_late=True).values_list("ids", flat=True)
    return list(chain.from_iterable(seals))


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
    leavers = _leavers(rows.values())
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
        elif not _names_fit(seal.table, row, leavers):
            what = "changed"
        elif not earliest <= row.date <= seal.sealed_at + LATE:
            what = "misdated"
        if what:
            yield Violation(what, seal.number, seal.table, pk)


def _leavers(rows: Iterable[HashedRow]) -> set[int]:
    """Return the ids of all anonymised people, if any of these rows is anonymised.

    Call it after reading the rows: names are removed in one transaction with the row that says so.
    """
    if not any(row.uncommitted for row in rows):
        return set()
    return set(User.history.filter(kind=ChangeKind.ANONYMISED).values_list("id", flat=True))


def _names_fit(table: str, row: HashedRow, leavers: set[int]) -> bool:
    """Return whether an erased row shows nothing but the pseudonym of an anonymised person.

    Any other name would be a forgery.
    """
    if not row.uncommitted:
        return True
    concerned = leavers & {row.content["id"]} if table == "person" else leavers
    shown = {value for value in row.uncommitted.values() if value}
    return bool(shown) and shown <= {pseudonym(pk) for pk in concerned}
