"""SQL built once, or without the ORM: building a statement must not take longer than running it."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Expression, IntegerField, QuerySet

# Values written in the statement itself, not passed as parameters.
LITERALS = {None: "NULL", "": "''"}


def insert_rows(
    table: str, columns: Mapping[str, Iterable[Any]], shared: Mapping[str, Any]
) -> None:
    """Insert rows as one statement.

    `columns` has for each column its values row by row, `shared` the one value that is the same
    in all rows; both in the form of the database's driver. `bulk_create` would first make an object
    of each row, which takes several times as long as the insert.
    """
    constants = tuple(value for value in shared.values() if value not in LITERALS)
    rows = [row + constants for row in zip(*columns.values(), strict=True)]
    marks = ["%s"] * len(columns) + [LITERALS.get(value, "%s") for value in shared.values()]
    names = ", ".join([*columns, *shared])
    values = ", ".join([f"({', '.join(marks)})"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES {values}",  # noqa: S608
            list(chain.from_iterable(rows)),
        )


def case_by_id(values: Mapping[int, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that chooses a value by a row's id, and its parameters."""
    cases = "WHEN %s THEN %s " * len(values)
    return f"CASE id {cases}END", tuple(chain.from_iterable(values.items()))


class ById(Expression):
    """A whole number for each row, by its id: `CASE id WHEN … THEN …` as one expression."""

    def __init__(self, values: Mapping[int, int]) -> None:
        super().__init__(output_field=IntegerField())
        self.values = values

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[int, ...]]:
        """Return the SQL, and its parameters."""
        return case_by_id(self.values)


class Prepared:
    """A query of the ORM, compiled once and run many times with different ids.

    `make` takes ids and returns the queryset. It is called once, with stand-ins for the ids, so the
    shape of its query must not depend on them. A query that locks must be made and run inside a
    transaction.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self.make = make
        self.model: Any = None
        self.compiled: tuple[str, tuple[Any, ...]] | None = None

    def rows(self, *ids: int) -> list[tuple[Any, ...]]:
        """Return the rows as the database has them, unconverted: for numbers and text."""
        with connection.cursor() as cursor:
            cursor.execute(*self.sql(*ids))
            return list(cursor.fetchall())

    def items(self, *ids: int) -> list[Any]:
        """Return the rows as objects of the query's model."""
        sql, parameters = self.sql(*ids)
        return list(self.model.objects.raw(sql, parameters))

    def sql(self, *ids: int) -> tuple[str, list[Any]]:
        """Return the SQL, and its parameters with these ids in their places."""
        # No id is below zero.
        stand_ins = range(-1, -1 - len(ids), -1)
        if self.compiled is None:
            queryset = self.make(*stand_ins)
            self.model, self.compiled = queryset.model, queryset.query.sql_with_params()
        sql, parameters = self.compiled
        real: dict[Any, Any] = dict(zip(stand_ins, ids, strict=True))
        return sql, [real.get(value, value) for value in parameters]
