"""Medians and 90th percentiles, found by the database."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection

# The database ranks all times, and returns the few ranks that matter. Median: rank in
# {n/2, (n+1)/2, n/2+1}; 90th percentile: rank = ceil(0.9 n). The times are in a subquery of their
# own: SQLite would compute them again for each window. Nothing is subtracted: MySQL's ranks are
# unsigned, where a result below zero is an error.
RANKED = """
SELECT about, took, n, place FROM (
  SELECT about, took, COUNT(*) OVER (PARTITION BY about) AS n,
    ROW_NUMBER() OVER (PARTITION BY about ORDER BY took) AS place
  FROM ({}) AS tasks
) AS ranked
WHERE place * 2 BETWEEN n AND n + 2 OR place * 10 BETWEEN n * 9 AND n * 9 + 9
ORDER BY took
"""

Key = int | date | None


class Times(NamedTuple):
    """The median and the 90th percentile of `number` times; None where there was none.

    The median of an even number is the mean of the two in the middle. The 90th percentile is the
    shortest time that at least nine of ten do not exceed.
    """

    median: timedelta | None = None
    ninety: timedelta | None = None
    number: int = 0


NO_TIMES = Times()


def times_of(tasks: Any) -> dict[Key, Times]:
    """Return the times for each key `about` of the tasks.

    `tasks` is an unordered queryset, annotated with `about` and the time that each `took`.
    """
    sql, parameters = tasks.values_list("about", "took").query.sql_with_params()
    ranked: dict[Key, list[Any]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RANKED.format(sql), parameters)
        for about, *row in cursor.fetchall():
            # SQLite keeps days as text.
            key = date.fromisoformat(about) if isinstance(about, str) else about
            ranked[key].append(row)
    return {key: _times(rows) for key, rows in ranked.items()}


def _times(rows: list[Any]) -> Times:
    middle = [took for took, n, place in rows if n <= place * 2 <= n + 2]
    took, n = next((took, n) for took, n, place in rows if n * 9 <= place * 10 <= n * 9 + 9)
    median = sum(middle) // len(middle)
    return Times(timedelta(microseconds=median), timedelta(microseconds=took), n)
