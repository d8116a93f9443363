"""Searches of the audit trail, and the index that answers them in each of its tables.

Every index used here ends in the row's id, as all do on InnoDB and SQLite, so it has the rows of
one value in order. Of several filters one is looked up in its index and the others are applied to
what it finds: one that matches few rows, or else the first in the order of `_filters`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q

from qc.audit.sentence_texts import kinds
from qc.core.keyset import Order, by_index
from qc.history.registry import TABLES, ids_of_span
from qc.models import EventKind, Queue, User
from qc.models.choices import PLAIN

NEWEST = ("-history_id",)
# The kinds of events that change nothing: somebody read or exported.
READS = (EventKind.READ, EventKind.EXPORTED)
# A filter that matches fewer rows than these is looked up before the others.
FEW = 25


@dataclass(frozen=True)
class TrailQuery:
    """Filters of the trail: a row matches all that are set. `kind` may be a type: +, ~ or -.

    With `hides_reads` no row matches that only says who read or exported something.
    """

    person: User | None = None
    tasks: tuple[int, ...] | None = None
    queue: Queue | None = None
    kind: str = ""
    through: str = ""
    request: str = ""
    since: datetime | None = None
    until: datetime | None = None
    hides_reads: bool = False


class SearchPlan(NamedTuple):
    """How a table is searched: an order that an index serves, and the filters left to apply."""

    order: Order
    rest: Q

    @property
    def finds_all(self) -> bool:
        """Whether it finds all rows, without any filter."""
        return not self.rest and self.order.index_ranges == (Q(),)


def plan_search(table: str, query: TrailQuery) -> SearchPlan | None:
    """Return how to search a table; None where no row of it can match."""
    filters = list(_filters(table, query))
    span = ids_of_span(TABLES[table], query.since, query.until)
    if span is None or [] in filters:
        return None
    rest = Q(request_id=query.request) if query.request else Q()
    if query.since:
        rest &= Q(history_date__gte=query.since)
    if query.until:
        rest &= Q(history_date__lt=query.until)
    rows = TABLES[table].objects.order_by()
    if not filters:
        return SearchPlan(Order(NEWEST, (span,), rows), rest)
    orders = [
        Order(NEWEST, tuple(one & span for one in ranges), by_index(rows)) for ranges in filters
    ]
    narrowest = _narrowest(orders)
    for ranges in filters[:narrowest] + filters[narrowest + 1 :]:
        rest &= reduce(or_, ranges)
    return SearchPlan(orders[narrowest], rest)


def _narrowest(orders: list[Order]) -> int:
    """Return the place of an order that finds few rows; of the first one if all find many.

    Those of few ranges are asked first: each range is a seek, even where it finds nothing.
    """
    if len(orders) == 1:
        return 0
    places = sorted(range(len(orders)), key=lambda at: len(orders[at].index_ranges))
    return next((at for at in places if orders[at].count(FEW) < FEW), 0)


def _filters(table: str, query: TrailQuery) -> Iterable[list[Q]]:
    """Yield the index ranges of each filter, the most selective first; [] if none can match."""
    if query.tasks is not None:
        yield [Q(id=pk) for pk in query.tasks] if table == "task" else []
    if query.queue is not None and table != "task":
        yield [Q(id=query.queue.pk)] if table == "queue" else []
    if query.person is not None:
        yield _of_person(table, query.person)
    if query.kind:
        yield _of_kind(table, query.kind)
    if query.queue is not None and table == "task":
        yield [Q(queue=query.queue)]
    if query.hides_reads and table == "event" and not query.kind:
        # However many reads there are among the others, none of them is looked at.
        yield [Q(kind=kind) for kind in EventKind if kind not in READS]
    if query.through:
        yield [Q(through=query.through)]


def _of_person(table: str, person: User) -> list[Q]:
    """Return the conditions for rows of a person: who acted, or whom the row is about."""
    about = {"task": Q(person=person), "person": Q(id=person.pk), "event": Q(name=person.username)}
    return [Q(history_user=person), *([about[table]] if table in about else [])]


def _of_kind(table: str, kind: str) -> list[Q]:
    if kind not in kinds(table):
        return []
    if table == "event":
        return [Q(kind=kind)]
    if kind in PLAIN:
        return [Q(kind="", history_type=kind)]
    return [Q(kind=kind, history_type=one) for one in PLAIN]
