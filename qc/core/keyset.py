"""Pages by key: each page is one seek of an index, however far down the list it is.

An order is served by an index. Keys are read in that order, only as many as a page needs; where
other filters drop most of the rows, no more than `MOST`.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.sql.datastructures import BaseTable
from django.utils.dateparse import parse_datetime

from qc.core.compiled_queries import Select, union_of_limited

# The keys read per query where an index serves only some of the filters: usually the first query
# fills the page. From 1,000 ids on MariaDB would make a table of them.
STEPS = (200, *[980] * 10)
MOST = sum(STEPS)
# Keys in addresses.
NULL = "-"
SEPARATOR = "~"

Key = tuple[Any, ...]
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Order:
    """An order that an index serves.

    `columns` are those for `order_by`; the last of them is unique.
    `index_ranges` are conditions, each for one range of an index; their rows are merged.
    `serves` are the filters that these conditions answer; other filters drop more rows.
    `pinned` is the condition for a few rows above the first page.
    `key` is the column of `rows` with the id of what is found: another table may have the order.
    `also` is a condition of what is found that no index has.
    With `is_cut` the conditions find only some of what there is.
    """

    columns: tuple[str, ...]
    index_ranges: tuple[Q, ...]
    rows: QuerySet[Any]
    serves: frozenset[str] = frozenset()
    pinned: Q | None = None
    key: str = "pk"
    also: Q | None = None
    is_cut: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns without their directions."""
        return tuple(column.lstrip("-") for column in self.columns)

    @property
    def is_by_id(self) -> bool:
        """Whether rows are in the order of their ids alone."""
        return self.names == (self.rows.model._meta.pk.name,)

    def count(self, most: int) -> int:
        """Count the rows that the index finds, up to `most`."""
        if self.is_by_id and len(self.index_ranges) > 1 and self.pinned is None:
            found = [self.rows.filter(one).order_by(*self.columns) for one in self.index_ranges]
            return min(len(_ids_of_all(found, most)), most)
        n = 0
        for condition in (self.pinned, *self.index_ranges):
            if condition is not None and n < most:
                rows = self.rows.filter(condition).order_by().values(self.key)
                n += rows[: most - n].count()
        return n

    def count_of(self, found: QuerySet[Any]) -> int:
        """Count the `found` rows among those that the index finds, which must be few."""
        n = 0
        for condition in filter(None, (self.pinned, *self.index_ranges)):
            ids = self.rows.filter(condition).order_by().values(self.key)
            n += found.filter(pk__in=ids).order_by().count()
        return n


class Position(NamedTuple):
    """Where to continue: after a key, or before it (`backwards`); None is the beginning."""

    key: Key | None = None
    backwards: bool = False

    def columns(self, order: Order) -> tuple[str, ...]:
        """Return the columns of an order in the direction of reading."""
        return tuple(map(_opposite, order.columns)) if self.backwards else order.columns

    def next_keys(self, order: Order, n: int, *beside: str) -> list[Key]:
        """Return the next n keys in the direction of reading, each with its row's id.

        With `beside` each has these columns too.
        """
        columns = self.columns(order)
        beyond = Q() if self.key is None else _beyond(order.rows.model, columns, self.key)
        found = [
            order.rows.filter(one).filter(beyond).order_by(*columns) for one in order.index_ranges
        ]
        if order.is_by_id and len(found) > 1 and not beside:
            return _merged(_ids_of_all(found, n), columns)[:n]
        keys = [
            key for rows in found for key in rows.values_list(*order.names, order.key, *beside)[:n]
        ]
        return _merged(keys, columns)[:n] if len(found) > 1 else keys


class ScannedRange(NamedTuple):
    """What was read: rows, the last key, the number of keys, and whether that was the end."""

    rows: list[Any]
    last: Key | None
    looked: int
    ended: bool


class KeysetPage(NamedTuple):
    """A page: its rows, and the keys where the newer and older pages begin.

    `searched` is the number of keys looked at when the search stopped early, else 0.
    """

    rows: list[Any]
    newer: Key | None
    older: Key | None
    searched: int


def paginate(
    order: Order, found: QuerySet[Any], size: int, position: Position, *, exact: bool
) -> KeysetPage:
    """Read a page of the `found` rows; `exact`: the index finds no other rows."""
    steps = [size + 1] if exact else STEPS
    rows, last, looked, ended = read(order, found, size, position, steps)
    key, backwards = position
    if backwards and ended and len(rows) <= size:
        # Nothing is before this page: show the whole first page instead.
        return paginate(order, found, size, Position(), exact=exact)
    keys = [tuple(getattr(row, name) for name in order.names) for row in rows]
    onward = keys[size - 1] if len(rows) > size else None if ended else last
    searched = 0 if len(rows) >= size or ended else looked
    rows, keys = rows[:size], keys[:size]
    back = (keys[0] if keys else key) if key is not None else None
    if backwards:
        return KeysetPage(rows[::-1], onward, back, searched)
    if key is None and order.pinned is not None:
        rows = [*found.filter(order.pinned).order_by("-id"), *rows]
    return KeysetPage(rows, back, onward, searched)


def read(
    order: Order, found: QuerySet[Any], size: int, position: Position, steps: Iterable[int]
) -> ScannedRange:
    """Read the `found` rows from a position, one more than a page.

    `steps` limits the keys read per query.
    """
    rows: list[Any] = []
    looked = 0
    for most in steps:
        wanted = size + 1 - len(rows)
        step = min(most, _likely(wanted, len(rows), looked))
        keys = position.next_keys(order, step)
        looked += len(keys)
        if keys:
            some = _by_key(found.filter(pk__in=[key[-1] for key in keys]))
            rows += some.order_by(*position.columns(order))[:wanted]
            position = position._replace(key=keys[-1][:-1])
        if len(rows) > size or len(keys) < step:
            return ScannedRange(rows, position.key, looked, len(keys) < step)
    return ScannedRange(rows, position.key, looked, False)


def read_columns(order: Order, size: int, position: Position, *columns: str) -> ScannedRange:
    """Read ids and columns of the rows from a position, one more than a page.

    It takes one query, and is for the primary key alone: for columns that another index lacks
    MariaDB may leave that index.
    """
    keys = position.next_keys(order, size + 1, *columns)
    length = len(order.names)
    last = keys[-1][:length] if keys else position.key
    return ScannedRange([key[length:] for key in keys], last, len(keys), len(keys) <= size)


def _likely(wanted: int, found: int, looked: int) -> int:
    """Estimate how many more keys have the wanted rows, from those read; `MOST` if unknown."""
    if not found or looked > STEPS[0]:
        return MOST
    return wanted + wanted * looked // found


def _ids_of_all(found: Sequence[QuerySet[Any]], n: int) -> list[Key]:
    """Return the first n ids of each of these rows, as keys, in one statement."""
    selects: list[Select] = []
    for rows in found:
        with suppress(EmptyResultSet):
            sql, values = rows.values_list("pk")[:n].query.sql_with_params()
            selects.append((sql, list(values)))
    if not selects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*union_of_limited(selects))
        return [(pk, pk) for (pk,) in cursor.fetchall()]


def _opposite(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _merged(keys: list[Key], columns: Sequence[str]) -> list[Key]:
    for place, column in reversed(list(enumerate(columns))):
        keys.sort(
            key=lambda one: (one[place] is not None, one[place]),
            reverse=column.startswith("-"),
        )
    return list(dict.fromkeys(keys))


def _beyond(model: type[Model], columns: Sequence[str], key: Key) -> Q:
    """Return the condition for what comes after a key; NULL is less than anything."""
    after, same = NOTHING, Q()
    for column, value in zip(columns, key, strict=True):
        after |= same & _past(model, column, value)
        name = column.lstrip("-")
        same &= Q(**{f"{name}__isnull": True} if value is None else {name: value})
    return after


def _past(model: type[Model], column: str, value: Any) -> Q:
    name, falls = column.lstrip("-"), column.startswith("-")
    if value is None:
        return NOTHING if falls else Q(**{f"{name}__isnull": False})
    past = Q(**{f"{name}__{'lt' if falls else 'gt'}": value})
    nullable = model._meta.get_field(name).null
    return past | Q(**{f"{name}__isnull": True}) if falls and nullable else past


def encode_key(key: Key) -> str:
    """Return a key as it is written in an address."""
    return SEPARATOR.join(
        NULL if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
        for value in key
    )


def decode_key(order: Order, text: str) -> Key | None:
    """Return the key written in an address; None if it does not fit this order."""
    parts = text.split(SEPARATOR) if len(order.columns) > 1 else [text]
    if not text or len(parts) != len(order.columns):
        return None
    fields = [order.rows.model._meta.get_field(name) for name in order.names]
    try:
        return tuple(map(_decoded, fields, parts))
    except ValueError:
        return None


def _decoded(field: Any, part: str) -> Any:
    if part == NULL and field.null:
        return None
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        moment = parse_datetime(part)
        if moment is None or moment.tzinfo is None:
            raise ValueError(part)
        return moment
    return part if kind == "CharField" else int(part)


def by_index(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the same rows, to be found by an index that ends in their ids.

    For a common value MariaDB expects a range of the primary key to be cheaper, then takes the
    index after all, for its order, and reads it from its end instead of from the key.
    """
    return _hinted(rows, "IGNORE INDEX (PRIMARY)")


def _by_key(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the same rows, whose ids are known.

    MariaDB would read all rows of a filter's value in order, expecting to find these early.
    """
    return _hinted(rows, "FORCE INDEX (PRIMARY)")


class _HintedTable(BaseTable):
    hint = ""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        sql, parameters = super().as_sql(compiler, connection)
        return (f"{sql} {self.hint}" if connection.vendor == "mysql" else sql), parameters


def _hinted(rows: QuerySet[Any], hint: str) -> QuerySet[Any]:
    """Return the same rows, with an index hint for MariaDB and MySQL.

    Django has no public way to give hints, and MariaDB reads none in comments: so the query's table
    is replaced here, and nowhere else, by one with the hint.
    """
    hinted = rows.all()
    alias = hinted.query.get_initial_alias()
    table = _HintedTable(hinted.model._meta.db_table, alias)
    table.hint = hint
    hinted.query.alias_map[alias] = table
    return hinted
