"""Verifies that the history is as it was sealed, and names what is not, the first first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from qc.audit.seals import archived_rows, row_hashing
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.seals.sealing import LATE, last_of, open_gaps
from qc.audit.seals.violations import Violation, is_whole
from qc.core.canonical_json import Spans, within
from qc.core.commitments import pseudonym
from qc.history.registry import TABLES
from qc.models import ChangeKind, Seal, User
from qc.models.seals import NOTHING

# So many seals are read at once: each has some 32 KB.
SEALS = 20


def _ignore(rows: int) -> None:
    """Tell nobody."""


def late_spans() -> dict[str, Spans]:
    """Return, by table, where rows may be that were missing when their time was sealed.

    They were sealed late, or may still come. Read it after the last seal that is verified with it.
    """
    return {table: [*_sealed_late(table), *open_gaps(table)] for table in TABLES}


def _sealed_late(table: str) -> Spans:
    seals = Seal.objects.filter(table=table, is_late=True).values_list("ids", flat=True)
    return [span for ids in seals for span in ids]


def find_violations(
    first: int, last: int, told: Callable[[int], None] = _ignore
) -> Iterator[Violation]:
    """Return all that is not as it was sealed from one seal to another; tell how many rows it read.

    `last` must have been there before.
    """
    late, expected = late_spans(), first
    before = Seal.objects.filter(number=first - 1).values_list("hash", flat=True).first()
    previous = NOTHING if first == 1 else before
    for seal in seals_between(first, last):
        if seal.number != expected:
            yield Violation("seal deleted", expected)
        elif seal.previous != previous:
            yield Violation("seal unlinked", seal.number)
        yield from _of_seal(seal, late)
        previous, expected = seal.hash, seal.number + 1
        told(seal.rows)
    if expected <= last:
        yield Violation("seal deleted", expected)
    yield from archived_rows.untrue()


def seals_between(first: int, last: int) -> Iterator[Seal]:
    """Return the seals from one number to another, few at once in memory."""
    while some := list(Seal.objects.filter(number__range=(first, last)).order_by("number")[:SEALS]):
        yield from some
        first = some[-1].number + 1


def _of_seal(seal: Seal, late: dict[str, Spans]) -> Iterator[Violation]:
    if not (seal.hash == seal.right_hash() and is_whole(seal)):
        yield Violation("seal changed", seal.number)
    elif not set(seal.columns) <= row_hashing.readable(seal.table):
        yield Violation("seal unreadable", seal.number)
    else:
        before = last_of(seal.table, below=seal.number)
        if not _goes_on(seal, before):
            yield Violation("seal unlinked", seal.number)
        # What is older was sealed before, or was put there.
        earliest = before.newest - LATE if before else datetime.min.replace(tzinfo=UTC)
        yield from _of_rows(seal, rows_of(seal, late), earliest)


def _goes_on(seal: Seal, before: Seal | None) -> bool:
    """Return whether a seal goes on where the last one of its table ended."""
    if before is None:
        return seal.above == 0
    return seal.above == before.upto and seal.newest >= before.newest


def rows_of(seal: Seal, late: Mapping[str, Spans]) -> dict[int, HashedRow]:
    """Read the rows that are now where those of a seal were, but for late ones of others."""
    if seal.is_late:
        rows = row_hashing.in_spans(seal.table, seal.columns, seal.ids, seal.rows)
        return {row.pk: row for row in rows}
    # No row of ours has an id below 1: who puts one there is found too.
    rows = row_hashing.between(seal.table, seal.columns, seal.above or None, seal.upto)
    sealed = set(within(seal.ids))
    return {row.pk: row for row in rows if row.pk in sealed or not _is_in(late[seal.table], row.pk)}


def _is_in(spans: Spans, pk: int) -> bool:
    return any(first <= pk <= last for first, last in spans)


def _of_rows(seal: Seal, rows: dict[int, HashedRow], earliest: datetime) -> Iterator[Violation]:
    sealed = seal.digest_of()
    leavers = _leavers(rows.values())
    gone = archived_rows.left_out(seal, sealed.keys() - rows.keys())
    for pk in sorted((sealed.keys() | rows.keys()) - gone):
        row, digest = rows.get(pk), sealed.get(pk)
        what = ""
        if row is None:
            what = "deleted"
        elif digest is None:
            what = "inserted"
        elif row.digest != digest:
            what = "reordered" if row.digest in sealed.values() else "changed"
        elif not _is_veiled_rightly(seal.table, row, leavers):
            what = "changed"
        elif not earliest <= row.date <= seal.sealed_at + LATE:
            what = "misdated"
        if what:
            yield Violation(what, seal.number, seal.table, pk)


def _leavers(rows: Iterable[HashedRow]) -> set[int]:
    """Return whose names were taken out of history; looked up only where some of these rows say so.

    Read it after them: their names went together with the row that says it.
    """
    if not any(row.veiled for row in rows):
        return set()
    return set(User.history.filter(kind=ChangeKind.ANONYMISED).values_list("id", flat=True))


def _is_veiled_rightly(table: str, row: HashedRow, leavers: set[int]) -> bool:
    """Return whether in place of names stands nothing but the pseudonym of somebody who was let go.

    Whoever could put another name there would have changed who it was.
    """
    if not row.veiled:
        return True
    concerned = leavers & {row.content["id"]} if table == "person" else leavers
    shown = {value for value in row.veiled.values() if value}
    return bool(shown) and shown <= {pseudonym(pk) for pk in concerned}
