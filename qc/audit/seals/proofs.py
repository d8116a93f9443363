"""By which seal each row of the trail is proven, and as what it was sealed.

For some rows at once, whatever they are: a few statements for each table.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from qc.audit.seals import row_hashing, seal_export
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.seals.sealing import LATE
from qc.core.canonical_json import spans_of, within
from qc.history.registry import TABLES
from qc.models import Seal

# The table and the id of a row.
RowKey = tuple[str, int]


def seals_of(rows: Sequence[Any]) -> dict[RowKey, Seal]:
    """Return the seal of each row of the trail, but for those that are not sealed yet."""
    found: dict[RowKey, Seal] = {}
    for table in TABLES:
        ids = [row.pk for row in rows if row.table == table]
        found |= {(table, pk): seal for pk, seal in _of_table(table, ids)}
    return found


def as_sealed(rows: Sequence[Any], seals: Mapping[RowKey, Seal]) -> dict[RowKey, HashedRow]:
    """Return each row as it is hashed; one that is not sealed yet as it will be."""
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        seal = seals.get((row.table, row.pk))
        columns = seal.columns if seal else row_hashing.columns_of(row.table)
        alike[row.table, *columns].append(row.pk)
    return {
        (table, row.pk): row
        for (table, *columns), ids in alike.items()
        for row in row_hashing.chosen(table, columns, ids)
    }


class Begun:
    """A seal of which some rows have gone by."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal
        self.ids: set[int] = set()

    def is_over(self, older: Mapping[str, int] | None) -> bool:
        """Return whether none of its rows can come any more."""
        return older is None or self.seal.ids[0][0] >= older[self.seal.table]

    def line(self) -> dict[str, Any]:
        """Return the seal, and the spans of those rows that were not wanted."""
        left_out = spans_of(sorted(set(within(self.seal.ids)) - self.ids))
        return seal_export.alone(self.seal) | {"alone": True, "left_out": left_out}


def _of_table(table: str, ids: Collection[int]) -> Iterator[tuple[int, Seal]]:
    near = _looked_at(table, ids) if ids else {}
    others = {pk: seal for pk, seal in near.items() if seal.digest(pk) is None}
    late = _late(table, others.values()) if others else []
    for pk in near:
        seal = near[pk] if pk not in others else None
        seal = seal or next((one for one in late if one.digest(pk)), None)
        if seal is not None:
            yield pk, seal


def _looked_at(table: str, ids: Collection[int]) -> dict[int, Seal]:
    """Return the seals that looked at some ids: they have them, but for what came late.

    Reads the numbers of all seals from the first to the last of them in an index: the pages of an
    export lie one after the other, so each seal is passed once.
    """
    seals = Seal.objects.filter(table=table, is_late=False).order_by("upto")
    ends = seals.filter(upto__gte=min(ids)).values_list("upto", "number")
    if last := seals.filter(upto__gte=max(ids)).values_list("upto", flat=True).first():
        ends = ends.filter(upto__lte=last)
    passed = list(ends)
    near = {pk: bisect_left(passed, (pk, 0)) for pk in ids}
    numbers = {pk: passed[at][1] for pk, at in near.items() if at < len(passed)}
    found = Seal.objects.in_bulk(set(numbers.values()))
    return {pk: found[number] for pk, number in numbers.items()}


def _late(table: str, near: Collection[Seal]) -> list[Seal]:
    """Return the late seals that may have what these should have had."""
    spans = {(one.newest, one.newest + LATE) for one in near}
    soon = reduce(or_, (Q(newest__range=span) for span in spans))
    return list(Seal.objects.filter(soon, table=table, is_late=True))
