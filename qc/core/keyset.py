"""Pages by key: each page is one seek of an index, however far down the list it is.

An order has an index that serves it. What is listed is looked at in that order and no further
than a page needs; where other filters drop most of it, no further than `MOST`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet
from django.db.models.sql.datastructures import BaseTable
from django.utils.dateparse import parse_datetime

# How many are looked at for one page where an index serves some of the filters only: usually the
# first step fills the page. From 1,000 ids on MariaDB would make a table of them first.
STEPS = (200, *[980] * 10)
MOST = sum(STEPS)
NOTHING = "-"
BETWEEN = "~"

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Order:
    """An order that an index serves: `columns` as for `order_by`, the last of them unique.

    `lanes` are the rows that an index finds, as conditions of which each is one range of one: they
    are merged, and what several of them find is taken once. They answer the parameters in
    `serves`; what else is asked drops some of them. The few rows of `head` stand above the first
    page.
    """

    words: Any
    columns: tuple[str, ...]
    lanes: tuple[Q, ...]
    rows: QuerySet[Any]
    serves: frozenset[str] = frozenset()
    head: Q | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns without their directions."""
        return tuple(column.lstrip("-") for column in self.columns)

    def keys(self, key: Key | None, n: int, *, backwards: bool) -> list[Key]:
        """Return the next n keys after a key (or before it, nearest first), each with its id."""
        columns = [turned(one) for one in self.columns] if backwards else self.columns
        there = _beyond(self.rows.model, columns, key) if key is not None else Q()
        found: list[Key] = []
        for lane in self.lanes:
            rows = self.rows.filter(lane).filter(there).order_by(*columns)
            found += rows.values_list(*self.names, "pk")[:n]
        return _merged(found, columns)[:n] if len(self.lanes) > 1 else found

    def count(self, most: int) -> int:
        """Count what the index finds, and no further than `most`."""
        n = 0
        for lane in (self.head, *self.lanes):
            if lane is not None and n < most:
                n += len(self.rows.filter(lane).order_by().values_list("pk")[: most - n])
        return n


def _merged(keys: list[Key], columns: Sequence[str]) -> list[Key]:
    for place, column in reversed(list(enumerate(columns))):
        keys.sort(
            key=lambda one: (one[place] is not None, one[place]),
            reverse=column.startswith("-"),
        )
    return list(dict.fromkeys(keys))


class _Sought(BaseTable):
    """A table that MariaDB and MySQL are told how to read; others find that out by themselves."""

    how = ""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the table's name, with the hint."""
        sql, parameters = super().as_sql(compiler, connection)
        return (f"{sql} {self.how}" if connection.vendor == "mysql" else sql), parameters


class _ByIndex(_Sought):
    how = "IGNORE INDEX (PRIMARY)"


class _ByKey(_Sought):
    how = "FORCE INDEX (PRIMARY)"


def by_index(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the same rows, to be sought by an index that ends in their ids.

    Where a value is common MariaDB holds a range of the primary key for cheaper, doesn't take it
    as the index has the order that is wanted, and go through that from its end instead of
    beginning at the key that it is given.
    """
    return _sought(rows, _ByIndex)


def _by_key(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the same rows, of which the ids are known.

    MariaDB would rather go through all that have a value, in their order, and hope for some of
    these among the first.
    """
    return _sought(rows, _ByKey)


def _sought(rows: QuerySet[Any], how: type[_Sought]) -> QuerySet[Any]:
    found = rows.all()
    alias = found.query.get_initial_alias()
    found.query.alias_map[alias] = how(found.model._meta.db_table, alias)
    return found


class ScannedRange(NamedTuple):
    """What was read: rows, the last key looked at, how many, whether there are no more."""

    rows: list[Any]
    last: Key | None
    looked: int
    ended: bool


class KeysetPage(NamedTuple):
    """A page: its rows, the keys its neighbours begin at, and how many were looked at in vain."""

    rows: list[Any]
    newer: Key | None
    older: Key | None
    searched: int


def paginate(  # noqa: PLR0913
    order: Order,
    found: QuerySet[Any],
    size: int,
    *,
    key: Key | None,
    backwards: bool,
    exact: bool,
) -> KeysetPage:
    """Read a page of those `found`, in an order; `exact` if they are all that the index finds."""
    steps = [size + 1] if exact else STEPS
    rows, last, looked, ended = read(order, found, size, key=key, backwards=backwards, steps=steps)
    if backwards and ended and len(rows) <= size:
        # There is nothing before this page: it is the first, and a whole one.
        return paginate(order, found, size, key=None, backwards=False, exact=exact)
    keys = [tuple(getattr(row, name) for name in order.names) for row in rows]
    onward = keys[size - 1] if len(rows) > size else None if ended else last
    searched = 0 if len(rows) >= size or ended else looked
    rows, keys = rows[:size], keys[:size]
    back = (keys[0] if keys else key) if key is not None else None
    if backwards:
        return KeysetPage(rows[::-1], onward, back, searched)
    if key is None and order.head is not None:
        rows = [*found.filter(order.head).order_by("-id"), *rows]
    return KeysetPage(rows, back, onward, searched)


def read(  # noqa: PLR0913
    order: Order,
    found: QuerySet[Any],
    size: int,
    *,
    key: Key | None,
    backwards: bool,
    steps: Sequence[int],
) -> ScannedRange:
    """Read those `found` after a key, one more than a page; looks at so many keys at each step."""
    rows: list[Any] = []
    looked = 0
    columns = [turned(one) for one in order.columns] if backwards else order.columns
    for most in steps:
        step = min(most, _likely(size + 1 - len(rows), len(rows), looked))
        keys = order.keys(key, step, backwards=backwards)
        looked += len(keys)
        ids = [one[-1] for one in keys]
        more = size + 1 - len(rows)
        if ids:
            rows += _by_key(found.filter(pk__in=ids)).order_by(*columns)[:more]
        key = keys[-1][:-1] if keys else key
        if len(rows) > size or len(keys) < step:
            return ScannedRange(rows, key, looked, len(keys) < step)
    return ScannedRange(rows, key, looked, False)


def _likely(wanted: int, found: int, looked: int) -> int:
    """Return how many more keys are likely to have what is wanted; no limit where none can tell."""
    if not found or looked > STEPS[0]:
        return MOST
    return wanted + wanted * looked // found


def turned(column: str) -> str:
    """Return the opposite direction of a column."""
    return column[1:] if column.startswith("-") else f"-{column}"


def _beyond(model: type[Model], columns: Sequence[str], key: Key) -> Q:
    """Return the condition for what comes after a key; NULL is less than anything."""
    after, same = Q(pk__in=[]), Q()
    for column, value in zip(columns, key, strict=True):
        after |= same & _past(model, column, value)
        name = column.lstrip("-")
        same &= Q(**{f"{name}__isnull": True} if value is None else {name: value})
    return after


def _past(model: type[Model], column: str, value: Any) -> Q:
    name, falls = column.lstrip("-"), column.startswith("-")
    if value is None:
        return Q(pk__in=[]) if falls else Q(**{f"{name}__isnull": False})
    past = Q(**{f"{name}__{'lt' if falls else 'gt'}": value})
    nullable = model._meta.get_field(name).null
    return past | Q(**{f"{name}__isnull": True}) if falls and nullable else past


def spelled(key: Key) -> str:
    """Return a key as it stands in an address."""
    return BETWEEN.join(_spelled(value) for value in key)


def _spelled(value: Any) -> str:
    if value is None:
        return NOTHING
    return value.isoformat() if isinstance(value, datetime) else str(value)


def read_key(order: Order, text: str) -> Key | None:
    """Return the key that stands in an address; None if it is none of this order's."""
    parts = text.split(BETWEEN) if len(order.columns) > 1 else [text]
    if not text or len(parts) != len(order.columns):
        return None
    try:
        return tuple(
            _value(order.rows.model, name, part)
            for name, part in zip(order.names, parts, strict=True)
        )
    except ValueError:
        return None


def _value(model: type[Model], name: str, part: str) -> Any:
    field = model._meta.get_field(name)
    if part == NOTHING and field.null:
        return None
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        moment = parse_datetime(part)
        if moment is None or moment.tzinfo is None:
            raise ValueError(part)
        return moment
    return part if kind == "CharField" else int(part)
