"""What can be asked of the audit trail, and the index that answers it in each of its tables.

Every index named here ends in the row's id, as all do on InnoDB and SQLite: it gives the rows of
one value newest first. Of several filters the one that finds only a few is looked up, or else the
one that usually does, in the order of `_conditions`; the others drop some of what it finds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from qc.audit.sentences import kinds
from qc.core.keyset import Order, by_index
from qc.history.registry import TABLES, ids_of_span
from qc.models import Queue, User
from qc.models.choices import PLAIN

NEWEST = ("-history_id",)
# A filter that finds fewer than these is looked up before the others.
FEW = 25


@dataclass(frozen=True)
class TrailQuery:
    """What is asked for: all of it must be true of a row. `kind` may be a type: +, ~ or -."""

    person: User | None = None
    tasks: tuple[int, ...] | None = None
    queue: Queue | None = None
    kind: str = ""
    through: str = ""
    request: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class SearchPlan:
    """How a table is read: in an order, which rows of it count, whether those are all it finds."""

    order: Order
    rest: Q
    is_exact: bool


def find(table: str, asked: TrailQuery) -> SearchPlan | None:
    """Return how a table is read for what is asked; None if it can't have any of it."""
    conditions = list(_conditions(table, asked))
    span = ids_of_span(TABLES[table], asked.since, asked.until)
    if span is None or [] in conditions:
        return None
    rest = _moments(asked)
    if asked.request:
        rest &= Q(request_id=asked.request)
    rows = TABLES[table].objects.order_by()
    if not conditions:
        return SearchPlan(Order("", NEWEST, (span,), rows), rest, is_exact=not rest)
    orders = [
        Order("", NEWEST, tuple(lane & span for lane in lanes), by_index(rows))
        for lanes in conditions
    ]
    first = _narrowest(orders)
    for lanes in conditions[:first] + conditions[first + 1 :]:
        rest &= reduce(or_, lanes)
    return SearchPlan(orders[first], rest, is_exact=not rest)


def _narrowest(orders: list[Order]) -> int:
    """Return which of the orders finds the fewest rows; the first one where all find many."""
    if len(orders) == 1:
        return 0
    counts = [order.count(FEW) for order in orders]
    return counts.index(min(counts))


def _conditions(table: str, asked: TrailQuery) -> Iterable[list[Q]]:
    """Return the lanes of each filter, the most selective first; none where it finds nothing."""
    if asked.tasks is not None:
        yield [Q(id=pk) for pk in asked.tasks] if table == "task" else []
    if asked.queue is not None and table != "task":
        yield [Q(id=asked.queue.pk)] if table == "queue" else []
    if asked.person is not None:
        yield _of_person(table, asked.person)
    if asked.kind:
        yield _of_kind(table, asked.kind)
    if asked.queue is not None and table == "task":
        yield [Q(queue=asked.queue)]
    if asked.through:
        yield [Q(through=asked.through)]


def _of_person(table: str, person: User) -> list[Q]:
    """Who acted, or whom it happened to: in whose hands, whose presence, whose name."""
    happened = {"task": Q(person=person), "person": Q(id=person.pk), "event": Q(name=str(person))}
    return [Q(history_user=person), *([happened[table]] if table in happened else [])]


def _of_kind(table: str, kind: str) -> list[Q]:
    if kind not in kinds(table):
        return []
    if table == "event":
        return [Q(kind=kind)]
    if kind in PLAIN:
        return [Q(kind="", history_type=kind)]
    return [Q(kind=kind, history_type=one) for one in PLAIN]


def _moments(asked: TrailQuery) -> Q:
    moments = Q(history_date__gte=asked.since) if asked.since else Q()
    return moments & Q(history_date__lt=asked.until) if asked.until else moments
