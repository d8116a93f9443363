"""Rows of history with the seals that prove them: verify_audit.py verifies them anywhere."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from qc.audit.seals import row_hashing
from qc.audit.seals.external_copies import content_with_hash
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.seals.verification import SealedRows, late_seals, seals_from
from qc.core.id_spans import ids_of, spans_of
from qc.history.registry import TABLES
from qc.models import Seal


def seals_with_rows(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield each seal with the digests of its rows, and those rows as they are now."""
    sealed_rows = SealedRows()
    for seal in seals_from(first, last):
        yield with_rows(seal, sealed_rows)


def with_rows(seal: Seal, sealed_rows: SealedRows) -> dict[str, Any]:
    """Return a seal with its rows, and the spans of ids of its archived rows as `left_out`."""
    rows = sealed_rows.of(seal)
    archived = sealed_rows.archived(seal, rows.keys())
    content = [[row.pk, row.content, row.openings] for row in rows.values()]
    left_out = {"left_out": spans_of(sorted(archived))} if archived else {}
    return with_digests(seal) | {"rows": content} | left_out


def with_digests(seal: Seal) -> dict[str, Any]:
    """Return a seal with the digests of its rows, without the rows."""
    return {"seal": content_with_hash(seal), "digests": bytes(seal.digests).hex()}


def add_seals(rows: Sequence[Any]) -> None:
    """Set the `seal` of each row of the trail; None for a row that is not sealed yet.

    It takes a few statements for each table, however many rows there are.
    """
    for table in TABLES:
        some = [row for row in rows if row.table == table]
        seals = dict(of_table(table, [row.pk for row in some]))
        for row in some:
            row.seal = seals.get(row.pk)


def as_sealed(rows: Sequence[Any]) -> dict[tuple[str, int], HashedRow]:
    """Return rows in their hashed form, by table and id, including rows not sealed yet."""
    by_columns: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        columns = row.seal.columns if row.seal else row_hashing.columns_of(row.table)
        by_columns[row.table, *columns].append(row.pk)
    return {
        (table, row.pk): row
        for (table, *columns), ids in by_columns.items()
        for row in row_hashing.read(table, columns, Q(history_id__in=ids))
    }


class ExportedSeal:
    """A seal, and those of its rows that are in an export of the trail."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal
        self.ids: set[int] = set()

    def is_complete(self, older: Mapping[str, int] | None) -> bool:
        """Return whether no row of the seal is below this edge of the trail."""
        return older is None or self.seal.ids[0][0] >= older[self.seal.table]

    def line(self) -> dict[str, Any]:
        """Return the seal, and the spans of its rows that the export leaves out."""
        left_out = spans_of(sorted(set(ids_of(self.seal.ids)) - self.ids))
        return with_digests(self.seal) | {"alone": True, "left_out": left_out}


def of_table(table: str, ids: Collection[int]) -> Iterator[tuple[int, Seal]]:
    """Yield the id of each of these rows that is sealed, with its seal."""
    on_time = _on_time(table, ids) if ids else {}
    without = [seal for pk, seal in on_time.items() if seal.digest(pk) is None]
    late = late_seals(without) if without else []
    for pk, seal in on_time.items():
        proof = next((one for one in (seal, *late) if one.digest(pk) is not None), None)
        if proof is not None:
            yield pk, proof


def _on_time(table: str, ids: Collection[int]) -> dict[int, Seal]:
    """Return for each id the seal over its range of ids: it has the row, unless that came late.

    The numbers of all seals between the smallest and the largest id are read in an index. Pages of
    an export follow each other, so each seal is read for one page only.
    """
    seals = Seal.objects.filter(table=table, is_late=False).order_by("upto")
    ends = seals.filter(upto__gte=min(ids)).values_list("upto", "number")
    if last := seals.filter(upto__gte=max(ids)).values_list("upto", flat=True).first():
        ends = ends.filter(upto__lte=last)
    passed = list(ends)
    places = {pk: bisect_left(passed, (pk, 0)) for pk in ids}
    numbers = {pk: passed[place][1] for pk, place in places.items() if place < len(passed)}
    found = Seal.objects.in_bulk(set(numbers.values()))
    return {pk: found[number] for pk, number in numbers.items()}
