"""The audit trail: the histories of all tables and the events as one stream, newest first.

Each table gives its rows by falling ids, from one seek of an index; they are merged by their
moments. A page ends at an edge: one id for each table, all below it is older. So the next page
begins in each table exactly where this one ended in it, whatever has been written meanwhile, and
no row is lost or shown twice, even where moments and ids of a table don't rise quite together.
"""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice, takewhile
from typing import Any, NamedTuple

from django.db.models import prefetch_related_objects

from qc.audit.query import SearchPlan, TrailQuery, find
from qc.core import keyset
from qc.history.registry import TABLES

# By table: rows with a lesser id are older.
Edge = Mapping[str, int]
NAMED = {
    "task": ("history_user", "person", "queue"),
    "person": ("history_user",),
    "queue": ("history_user",),
    "event": ("history_user",),
}


class TrailEntry(NamedTuple):
    """Where a row stands in the stream."""

    moment: datetime
    table: str
    pk: int


class TrailPage(NamedTuple):
    """A page: its rows, each with its `table`; the edges of its neighbours; what was in vain."""

    rows: list[Any]
    newer: Edge | None
    older: Edge | None
    searched: int


def page(
    asked: TrailQuery, size: int, *, below: Edge | None = None, above: Edge | None = None
) -> TrailPage:
    """Read a page of what is asked: the newest, those below an edge, or the next above one."""
    backwards = above is not None
    edge = above if backwards else below
    reads = [
        _Read(table, found, size, edge, backwards)
        for table in TABLES
        if (found := find(table, asked)) is not None
    ]
    taken = list(islice(_merged(reads, backwards), size))
    is_short = len(taken) < size
    if backwards and is_short and all(read.is_whole for read in reads):
        # There is nothing before this page: it is the first, and a whole one.
        return page(asked, size)
    onward = dict.fromkeys(TABLES, 0) | {read.table: read.edge_after(taken) for read in reads}
    is_more = any(read.has_more(taken) for read in reads)
    searched = sum(read.looked for read in reads if not read.is_whole) if is_short else 0
    rows = _whole_rows(taken[::-1] if backwards else taken)
    if backwards:
        return TrailPage(rows, onward if is_more else None, above, searched)
    return TrailPage(rows, below, onward if is_more else None, searched)


class _Read:
    """What was read of one table, and how far."""

    def __init__(
        self, table: str, found: SearchPlan, size: int, edge: Edge | None, backwards: bool
    ) -> None:
        self.table, self.backwards, self.start = table, backwards, edge[table] if edge else None
        rows = TABLES[table].objects.filter(found.rest).only("history_date")
        key = None if self.start is None else (self.start - backwards,)
        steps = [size + 1] if found.is_exact else [size + 1, *keyset.STEPS]
        part = keyset.read(found.order, rows, size, key=key, backwards=backwards, steps=steps)
        self.entries = [TrailEntry(row.history_date, table, row.history_id) for row in part.rows]
        self.last = part.last[0] if part.last else None
        self.looked = part.looked
        self.ended = part.ended and len(part.rows) <= size
        # Otherwise the search stopped before it had a page: what comes next is not known.
        self.is_whole = part.ended or len(part.rows) > size

    def frontier(self) -> datetime | None:
        """Return the moment beyond which this table may have rows that were not looked at."""
        if self.is_whole:
            return None
        return TABLES[self.table].objects.only("history_date").get(pk=self.last).history_date

    def edge_after(self, taken: Iterable[TrailEntry]) -> int:
        """Return this table's edge after what was taken of it, on the way of reading."""
        mine = [entry.pk for entry in taken if entry.table == self.table]
        if len(mine) < len(self.entries):
            pk = mine[-1] if mine else self.entries[0].pk
            return pk + (bool(mine) is self.backwards)
        if self.last is None:
            return self.start or 0
        return self.last + self.backwards

    def has_more(self, taken: Iterable[TrailEntry]) -> bool:
        """Return whether there is more of this table beyond what was taken."""
        n = sum(entry.table == self.table for entry in taken)
        return n < len(self.entries) or not self.ended


def _merged(reads: Iterable[_Read], backwards: bool) -> Iterable[TrailEntry]:
    """Return the entries in the order of the stream, as far as all tables were looked at."""
    reads = list(reads)
    stream = heapq.merge(
        *(read.entries for read in reads), key=lambda entry: entry.moment, reverse=not backwards
    )
    frontiers = [moment for read in reads if (moment := read.frontier()) is not None]
    if not frontiers:
        return stream
    if backwards:
        nearest = min(frontiers)
        return takewhile(lambda entry: entry.moment <= nearest, stream)
    nearest = max(frontiers)
    return takewhile(lambda entry: entry.moment >= nearest, stream)


def _whole_rows(entries: list[TrailEntry]) -> list[Any]:
    """Read the rows with all that they name."""
    rows: dict[tuple[str, int], Any] = {}
    for table, model in TABLES.items():
        some = list(model.objects.filter(pk__in=[one.pk for one in entries if one.table == table]))
        prefetch_related_objects(some, *NAMED[table])
        for row in some:
            row.table = table
            rows[table, row.pk] = row
    # One that went to an archive meanwhile is not there any more.
    return [rows[one.table, one.pk] for one in entries if (one.table, one.pk) in rows]


def row_of(table: str, pk: int) -> tuple[Any, Any] | None:
    """Return one row and the one before it of the same object (None for the first), or None."""
    if table not in TABLES:
        return None
    model = TABLES[table]
    row = model.objects.filter(pk=pk).select_related(*NAMED[table]).first()
    if row is None:
        return None
    row.table = table
    if table == "event":
        return row, None
    earlier = model.objects.filter(id=row.id, history_id__lt=row.history_id)
    return row, earlier.order_by("-history_id").first()
