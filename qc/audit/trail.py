"""The audit trail: the histories of all tables and the events as one stream, newest first.

Each table is read by falling ids, from one seek of an index, and the tables are merged by their
moments. The border of two pages is an edge: one id for each table, which separates its older rows
from its newer ones. So the next page begins in each table exactly where this one ended, whatever
has been written meanwhile. No row is lost or shown twice, even if a row with a higher id has an
earlier moment.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import Enum
from itertools import islice, takewhile
from typing import Any, NamedTuple

from qc.audit.query import SearchPlan, TrailQuery, plan_search
from qc.core import keyset
from qc.core.keyset import Position, ScannedRange
from qc.history.names import add_names
from qc.history.registry import TABLES
from qc.models import Queue, User

# An id for each table: rows with smaller ids are older, all others newer.
Edge = Mapping[str, int]
# The foreign keys that a sentence names, by table.
NAMED = {
    "task": ("history_user", "person", "queue"),
    "person": ("history_user",),
    "queue": ("history_user", "merged_into"),
    "event": ("history_user",),
}


class Direction(Enum):
    """Which way the stream is read from an edge."""

    OLDER = "older"
    NEWER = "newer"

    def edge_after(self, pk: int) -> int:
        """Return the edge of a table of which this id was read last."""
        return pk if self is Direction.OLDER else pk + 1

    def edge_before(self, pk: int) -> int:
        """Return the edge of a table of which this id is read next."""
        return pk + 1 if self is Direction.OLDER else pk

    def position(self, edge: int | None) -> Position:
        """Return the position in a table from which to read on at this edge."""
        if edge is None:
            return Position()
        is_older = self is Direction.OLDER
        return Position((edge if is_older else edge - 1,), backwards=not is_older)


class TrailPage(NamedTuple):
    """A page: its rows, each with its `table`, and the edges at which its neighbours begin.

    `searched` is the number of rows looked at if the search stopped early, else 0.
    """

    rows: list[Any]
    newer: Edge | None
    older: Edge | None
    searched: int


def page(
    query: TrailQuery, size: int, *, below: Edge | None = None, above: Edge | None = None
) -> TrailPage:
    """Read a page: the newest rows, those below an edge, or the next ones above an edge."""
    direction = Direction.OLDER if above is None else Direction.NEWER
    start = below if above is None else above
    reads = [
        _TableRead(table, plan, size, start[table] if start else None, direction)
        for table in TABLES
        if (plan := plan_search(table, query)) is not None
    ]
    shown = list(islice(_merged(reads, direction), size))
    is_short = len(shown) < size
    if direction is Direction.NEWER and is_short and all(read.is_complete for read in reads):
        # There are too few newer rows to fill a page: show the first page.
        return page(query, size)
    end = dict.fromkeys(TABLES, 0) | {read.table: read.edge_after(shown) for read in reads}
    onward = end if any(read.has_more(shown) for read in reads) else None
    searched = sum(read.looked for read in reads if not read.is_complete) if is_short else 0
    if direction is Direction.NEWER:
        return TrailPage(_with_names(shown[::-1]), onward, above, searched)
    return TrailPage(_with_names(shown), below, onward, searched)


class _Seen(NamedTuple):
    """Where a row is, and when it was written."""

    table: str
    pk: int
    history_date: datetime


class _TableRead:
    """The rows read of one table for a page, and where reading stopped."""

    def __init__(
        self, table: str, plan: SearchPlan, size: int, start: int | None, direction: Direction
    ) -> None:
        self.table, self.start, self.direction = table, start, direction
        read = _read(table, plan, size, direction.position(start))
        self.rows = [_Seen(table, *row) for row in read.rows]
        self.last = read.last[0] if read.last else None
        self.looked = read.looked
        self.is_at_end = read.ended and len(read.rows) <= size
        # Otherwise the search stopped early: which rows follow is not known.
        self.is_complete = read.ended or len(read.rows) > size

    def frontier(self) -> datetime | None:
        """Return the moment at which the search stopped early; None if it did not."""
        if self.is_complete:
            return None
        return TABLES[self.table].objects.only("history_date").get(pk=self.last).history_date

    def edge_after(self, page: Iterable[Any]) -> int:
        """Return the edge of this table after a page."""
        n = self._count(page)
        if n == len(self.rows):
            return (self.start or 0) if self.last is None else self.direction.edge_after(self.last)
        if n == 0:
            return self.direction.edge_before(self.rows[0].pk)
        return self.direction.edge_after(self.rows[n - 1].pk)

    def has_more(self, page: Iterable[Any]) -> bool:
        """Return whether this table has more rows beyond a page."""
        return self._count(page) < len(self.rows) or not self.is_at_end

    def _count(self, page: Iterable[Any]) -> int:
        return sum(row.table == self.table for row in page)


def _read(table: str, plan: SearchPlan, size: int, position: Position) -> ScannedRange:
    if plan.finds_all:
        return keyset.read_columns(plan.order, size, position, "history_date")
    rows = TABLES[table].objects.filter(plan.rest).values_list("pk", "history_date")
    steps = [size + 1, *(keyset.STEPS if plan.rest else ())]
    return keyset.read(plan.order, rows, size, position, steps)


def _merged(reads: Iterable[_TableRead], direction: Direction) -> Iterable[Any]:
    """Return the rows in the order of the stream, up to where the first search stopped."""
    is_falling = direction is Direction.OLDER
    stream = heapq.merge(
        *(read.rows for read in reads), key=lambda row: row.history_date, reverse=is_falling
    )
    frontiers = [moment for read in reads if (moment := read.frontier()) is not None]
    if not frontiers:
        return stream
    if is_falling:
        earliest = max(frontiers)
        return takewhile(lambda row: row.history_date >= earliest, stream)
    latest = min(frontiers)
    return takewhile(lambda row: row.history_date <= latest, stream)


def _with_names(shown: list[_Seen]) -> list[Any]:
    """Read the rows in full, with all that they name."""
    found: dict[tuple[str, int], Any] = {}
    for table in dict.fromkeys(row.table for row in shown):
        ids = [row.pk for row in shown if row.table == table]
        for row in TABLES[table].objects.filter(pk__in=ids):
            row.table = table
            found[table, row.pk] = row
    _read_named(found.values())
    # A row that was archived meanwhile is left out.
    rows = [found[row.table, row.pk] for row in shown if (row.table, row.pk) in found]
    add_names(rows)
    return rows


def _read_named(rows: Collection[Any]) -> None:
    """Read the people and queues that rows refer to: all people together, and all queues."""
    references = [(row, row._meta.get_field(name)) for row in rows for name in NAMED[row.table]]
    for model in (User, Queue):
        some = [(row, field) for row, field in references if field.related_model is model]
        ids = {getattr(row, field.attname) for row, field in some} - {None}
        found = model._default_manager.in_bulk(ids) if ids else {}
        for row, field in some:
            field.set_cached_value(row, found.get(getattr(row, field.attname)))


def row_of(table: str, pk: int) -> tuple[Any, Any] | None:
    """Return one row and the one before it of the same object (None for the first), or None."""
    if table not in TABLES:
        return None
    model = TABLES[table]
    row = model.objects.filter(pk=pk).select_related(*NAMED[table]).first()
    if row is None:
        return None
    row.table = table
    add_names([row])
    if table == "event":
        return row, None
    earlier = model.objects.filter(id=row.id, history_id__lt=row.history_id)
    return row, earlier.order_by("-history_id").first()
