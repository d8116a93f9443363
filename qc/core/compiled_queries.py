"""SQL built once, or without the ORM: building a statement must not take longer than running it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, repeat
from operator import attrgetter
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import Aggregate, CharField, Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row")
Key = int | str | datetime
# SQL, and the values for its placeholders.
Select = tuple[str, list[Any]]

LARGEST_ID = 2**63 - 1
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

# Text that stands between quotes as it is, such as a moment, or the name of a status.
PLAIN_TEXT = re.compile(r"[A-Za-z0-9_ .:+~-]*")
# A character takes at most so many bytes in a statement, escaped or in UTF-8.
BYTES_OF_CHARACTER = 4
# What stands around a value in a statement, and a number or a moment itself.
BYTES_OF_VALUE = 64
# From so many rows on it is looked for values that repeat: of a few rows the driver is quicker.
MANY_ROWS = 50
# Fields whose values a database's driver takes unconverted.
UNCONVERTED = (
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)
# For a database without a limit of its own.
MOST_BYTES = 16 * 1024 * 1024


def pieces(
    rows: Sequence[Row], values_of: Callable[[Row], Iterable[Any]]
) -> Iterator[Sequence[Row]]:
    """Yield rows in pieces that the database takes as one statement each, by their values."""
    values = list(chain.from_iterable(map(values_of, rows)))
    if len(rows) == 1 or _bytes_of(values) <= _most_bytes() / 2:
        yield rows
        return
    half = len(rows) // 2
    yield from pieces(rows[:half], values_of)
    yield from pieces(rows[half:], values_of)


def insert_rows(
    table: str, columns: Mapping[str, Iterable[Any]], shared: Mapping[str, Any]
) -> None:
    """Insert rows as one statement, or as few as the database takes.

    `columns` has for each column its values row by row, `shared` the one value that is the same
    in all rows; both in the form of the database's driver. `bulk_create` would first make an object
    of each row, which takes several times as long as the insert.
    """
    written, quoted = _written(columns.values(), shared.values())
    rows = list(zip(map(", ".join, written), *quoted, strict=False))
    names = ", ".join([*columns, *shared])
    for some in pieces(rows, iter):
        values = ", ".join([f"({row[0]})" for row in some])
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES {values}",  # noqa: S608
                [value for row in some for value in row[1:]],
            )


def _written(
    columns: Iterable[Iterable[Any]], shared: Iterable[Any]
) -> tuple[Iterator[tuple[str, ...]], list[Iterable[Any]]]:
    """Return what is written in a statement for each row, and the columns that are quoted there."""
    written: list[Iterable[str]] = []
    quoted: list[Iterable[Any]] = []
    for values in map(list, columns):
        literals = _literals(values)
        written.append(literals or repeat("%s"))
        quoted += [] if literals else [values]
    constants = [(value, _literal(value)) for value in shared]
    quoted += [repeat(value) for value, literal in constants if literal is None]
    if constants:
        written.append(repeat(", ".join([literal or "%s" for _value, literal in constants])))
    return zip(*written, strict=False), quoted


def update_row(item: Model, fields: Sequence[str]) -> None:
    """Write some columns of a stored object, for which no signal is needed.

    `save` would take several times as long as the update.
    """
    sql, readers = _update_of(type(item), tuple(fields))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*[read(item) for read in readers], item.pk])


@cache
def _update_of(
    model: type[Model], fields: tuple[str, ...]
) -> tuple[str, list[Callable[[Any], Any]]]:
    columns: list[Any] = [model._meta.get_field(name) for name in fields]
    changes = ", ".join(f"{column.column} = %s" for column in columns)
    sql = f"UPDATE {model._meta.db_table} SET {changes} WHERE id = %s"  # noqa: S608
    return sql, [reader_of(column) for column in columns]


def reader_of(field: Any) -> Callable[[Any], Any]:
    """Return a function that reads the value of an object's field in the form of the driver.

    Numbers, text and moments go without the detours that the ORM makes for each.
    """
    read = attrgetter(field.attname)
    if isinstance(field, UNCONVERTED):
        return read
    if isinstance(field, models.DateTimeField):
        return lambda item: connection.ops.adapt_datetimefield_value(read(item))
    return lambda item: field.get_db_prep_save(read(item), connection)


def _literal(value: Any) -> str | None:
    """Return a value as it is written in the statement itself; None for what the driver must quote.

    The driver would quote a value that many rows share anew for each of them.
    """
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    return f"'{value}'" if isinstance(value, str) and PLAIN_TEXT.fullmatch(value) else None


def _literals(values: Sequence[Any]) -> list[str] | None:
    """Return a column as it is written in the statement, if its values repeat; else None."""
    if len(values) < MANY_ROWS:
        return None
    different = set(values)
    if len(different) > len(values) / 2:
        return None
    literals = {value: _literal(value) for value in different}
    return None if None in literals.values() else [literals[value] for value in values]  # type: ignore[misc]


def _bytes_of(values: Sequence[Any]) -> int:
    """Return how many bytes these values take in a statement at most."""
    characters = sum([len(value) for value in values if isinstance(value, str)])
    return BYTES_OF_CHARACTER * characters + BYTES_OF_VALUE * len(values)


@cache
def _most_bytes() -> int:
    """Return how long a statement may be."""
    if connection.vendor != "mysql":
        return MOST_BYTES
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        return int(cursor.fetchone()[0])


def union_of_limited(selects: Sequence[Select]) -> Select:
    """Return the rows of all selects, each of which has a limit of its own, as one select.

    SQLite takes a limit only in a query around it, of which MariaDB would make a table first.
    """
    form = "({})" if connection.vendor == "mysql" else "SELECT * FROM ({})"
    sql = " UNION ALL ".join([form.format(one) for one, _values in selects])
    return sql, [value for _sql, values in selects for value in values]


def list_of(ids: Iterable[int]) -> str:
    """Return ids as SQL: the driver would take longer to quote each than the database to read it.

    It is `NULL`, which no id is in, without any.
    """
    return ", ".join([str(int(pk)) for pk in ids]) or "NULL"


def case_by_id(values: Mapping[int, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that chooses a value by a row's id, and its parameters."""
    cases = " ".join([f"WHEN {int(pk)} THEN %s" for pk in values])
    return f"CASE id {cases} END", tuple(values.values())


def number_by_id(values: Mapping[int, int], otherwise: str = "") -> str:
    """Return the SQL that chooses a whole number by a row's id; just that if all are the same.

    `otherwise` is the SQL for rows without one.
    """
    if len(set(values.values())) == 1 and not otherwise:
        return str(int(next(iter(values.values()))))
    cases = " ".join([f"WHEN {int(pk)} THEN {int(n)}" for pk, n in values.items()])
    return f"CASE id {cases}{f' ELSE {otherwise}' if otherwise else ''} END"


class PreparedForMany:
    """A query of the ORM about any number of ids, compiled once.

    `make` takes the ids and returns the queryset, which has them in one `IN (…)`. It is called
    once, with a stand-in, so the shape of its query must not depend on them. A query that locks
    must be made and run inside a transaction.
    """

    STAND_IN = -1  # No id is below zero.

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self.make = make
        self.compiled: tuple[list[str], list[Any], Any, Any] | None = None

    def rows(self, ids: Iterable[int]) -> list[Any]:
        """Return the rows of `values_list`, converted."""
        if self.compiled is None:
            self.compiled = self._compile()
        (before, after), parameters, compiler, converters = self.compiled
        with connection.cursor() as cursor:
            cursor.execute(f"{before}{list_of(ids)}{after}", parameters)
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters) if converters else rows)

    def _compile(self) -> tuple[list[str], list[Any], Any, Any]:
        compiler = self.make([self.STAND_IN]).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        place = parameters.index(self.STAND_IN)
        # The parts of the SQL before and after the placeholder of the ids.
        parts = sql.split("%s")
        halves = ["%s".join(parts[: place + 1]), "%s".join(parts[place + 1 :])]
        converters = compiler.get_converters([column for column, _sql, _name in compiler.select])
        others = [value for at, value in enumerate(parameters) if at != place]
        return halves, others, compiler, converters


class Joined(Aggregate):
    """The values of a group as one text, with commas between them."""

    function = "GROUP_CONCAT"
    output_field = CharField()


class Prepared:
    """A query of the ORM, compiled once and run many times with different keys.

    `make` takes ids, other texts or moments, and returns the queryset. It is called once, with
    stand-ins, so the shape of its query must not depend on them. A query that locks must be made
    and run inside a transaction.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self.make = make
        self.compiled: tuple[str, tuple[Any, ...]] | None = None
        self.read: Callable[[Iterable[Any]], list[Any]] = list

    def rows(self, *keys: Key) -> list[tuple[Any, ...]]:
        """Return the rows as the database has them, unconverted: for numbers and text."""
        with connection.cursor() as cursor:
            cursor.execute(*self.sql(*keys))
            return list(cursor.fetchall())

    def items(self, *keys: Key) -> list[Any]:
        """Return the rows as objects of the query's model, with what it selects beside them."""
        rows = self.rows(*keys)
        return self.read(rows)

    def first(self, *keys: Key) -> Any:
        """Return the first of the items, None without any."""
        return next(iter(self.items(*keys)), None)

    def sql(self, *keys: Key) -> tuple[str, list[Any]]:
        """Return the SQL, and its parameters with these keys in their places."""
        sql, parameters = self.compiled or self._compile(keys)
        real: dict[Any, Any] = {}
        for n, key in enumerate(keys):
            stand_in = _for_driver(_stand_in(n, key))
            # Columns of text have a number as text.
            real |= dict.fromkeys((stand_in, str(stand_in)), _for_driver(key))
        return sql, [real.get(value, value) for value in parameters]

    def _compile(self, keys: Sequence[Key]) -> tuple[str, tuple[Any, ...]]:
        stand_ins = [_stand_in(n, key) for n, key in enumerate(keys)]
        compiler = self.make(*stand_ins).query.get_compiler(DEFAULT_DB_ALIAS)
        compiled: tuple[str, tuple[Any, ...]] = compiler.as_sql()
        self.read = _reader(compiler)
        self.compiled = compiled
        return compiled


def _stand_in(n: int, key: Key) -> Key:
    """Return what stands for the n-th key: no id is below zero, and no moment so long ago."""
    return LONG_AGO + timedelta(n) if isinstance(key, datetime) else -1 - n


def _for_driver(key: Key) -> Any:
    """Return a key as the driver takes it; one larger than any id as text, which equals none."""
    if isinstance(key, datetime):
        return connection.ops.adapt_datetimefield_value(key)
    return str(key) if isinstance(key, int) and key > LARGEST_ID else key


def _reader(compiler: Any) -> Callable[[Iterable[Any]], list[Any]]:
    """Return a function that makes objects of the rows of a query, as the ORM does.

    Of a query that selects no objects it converts the values.
    """
    select, info = compiler.select, compiler.klass_info
    converters = compiler.get_converters([column for column, _sql, _alias in select])
    if not compiler.query.default_cols:
        return lambda rows: list(compiler.apply_converters(rows, converters))
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column.target.attname for column, _sql, _alias in select[first:last]]
    related = get_related_populators(info, select, compiler.using)  # type: ignore[call-arg]
    beside = (compiler.annotation_col_map or {}).items()

    def read(rows: Iterable[Any]) -> list[Any]:
        items = []
        for row in compiler.apply_converters(rows, converters):
            item = info["model"].from_db(compiler.using, names, row[first:last])
            for one in related:
                one.populate(row, item)
            for name, at in beside:
                setattr(item, name, row[at])
            items.append(item)
        return items

    return read
