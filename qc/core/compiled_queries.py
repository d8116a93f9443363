"""SQL that is made once, or without detours: making it must not take longer than running it."""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Expression, IntegerField, QuerySet


class ById(Expression):
    """A whole number for each row, by its id: `CASE id WHEN … THEN …` of one piece."""

    def __init__(self, values: Mapping[int, int]) -> None:
        super().__init__(output_field=IntegerField())
        self.values = values

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[int, ...]]:
        """Return the SQL, and its parameters."""
        cases = "WHEN %s THEN %s " * len(self.values)
        return f"CASE id {cases}END", tuple(chain.from_iterable(self.values.items()))


class Prepared:
    """A query of the ORM, run again and again with other ids in it.

    `make` takes ids and gives the queryset. It is called once, with stand-ins, so what it gives
    must not depend on their values. A query that locks is made, and run, inside a transaction.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self.make = make
        self.model: Any = None
        self.made: tuple[str, tuple[Any, ...]] | None = None

    def rows(self, *ids: int) -> list[tuple[Any, ...]]:
        """Return the rows as the database gives them: for numbers and text."""
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
        if self.made is None:
            queryset = self.make(*stand_ins)
            self.model, self.made = queryset.model, queryset.query.sql_with_params()
        sql, parameters = self.made
        meant: dict[Any, Any] = dict(zip(stand_ins, ids, strict=True))
        return sql, [meant.get(value, value) for value in parameters]
