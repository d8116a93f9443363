"""Medians and 90th percentiles, found by the database."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection

# The database ranks the tasks by each of their times, among those of the same row and among all,
# and returns those with the few ranks that matter. Median: rank in {n/2, (n+1)/2, n/2+1}; 90th
# percentile: rank = ceil(0.9 n). The times are in a subquery of their own: SQLite would compute
# them again for each window. Nothing is subtracted: MySQL's ranks are unsigned, where a result
# below zero is an error.
RANKED = """
SELECT about, {names}, own, total, {places} FROM (
  SELECT about, {names},
    COUNT(*) OVER (PARTITION BY about) AS own, COUNT(*) OVER () AS total, {ranks}
  FROM ({tasks}) AS tasks
) AS ranked
WHERE {matter}
"""
RANK = "ROW_NUMBER() OVER ({among} ORDER BY {name}) AS {name}_{n}"
AMONG = {"own": "PARTITION BY about", "total": ""}
MATTERS = "{place} * 2 BETWEEN {n} AND {n} + 2 OR {place} * 10 BETWEEN {n} * 9 AND {n} * 9 + 9"

Key = int | str | date | None


class Times(NamedTuple):
    """The median and the 90th percentile of `number` times; None where there was none.

    The median of an even number is the mean of the two in the middle. The 90th percentile is the
    shortest time that at least nine of ten do not exceed.
    """

    median: timedelta | None = None
    ninety: timedelta | None = None
    number: int = 0


NO_TIMES = Times()


class TimesOfAll(NamedTuple):
    """The times of each key, and those of all tasks together."""

    each: dict[Key, Times]
    total: Times


def times_of(tasks: Any, names: Sequence[str], *, is_by_day: bool) -> dict[str, TimesOfAll]:
    """Return the times by their names, all from one reading of the tasks.

    `tasks` is an unordered queryset, annotated with the key `about` and with each time.
    """
    sql, parameters = tasks.values_list("about", *names).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ranked(sql, names), parameters)
        rows = cursor.fetchall()
    if is_by_day:
        rows = [(_day(about), *row) for about, *row in rows]
    return {name: _of_all(rows, at, len(names)) for at, name in enumerate(names)}


def _day(about: Any) -> Any:
    """Return the day of a row; SQLite keeps days as text."""
    return date.fromisoformat(about) if isinstance(about, str) else about


def _ranked(tasks: str, names: Sequence[str]) -> str:
    ranks = [(name, n, f"{name}_{n}") for name in names for n in AMONG]
    return RANKED.format(
        tasks=tasks,
        names=", ".join(names),
        places=", ".join([place for _name, _n, place in ranks]),
        ranks=", ".join([RANK.format(among=AMONG[n], name=name, n=n) for name, n, _place in ranks]),
        matter=" OR ".join([MATTERS.format(place=place, n=n) for _name, n, place in ranks]),
    )


def _of_all(rows: Sequence[Any], at: int, names: int) -> TimesOfAll:
    """Return the times of which each row has one at this place, behind `about`."""
    each: dict[Key, list[Any]] = defaultdict(list)
    total = []
    for about, *row in rows:
        took, own, of_all = row[at], row[names], row[names + 1]
        place, place_of_all = row[names + 2 + 2 * at : names + 4 + 2 * at]
        each[about].append((took, own, place))
        total.append((took, of_all, place_of_all))
    times = {key: _times(ranked) for key, ranked in each.items()}
    return TimesOfAll(times, _times(total) if total else NO_TIMES)


def _times(rows: list[Any]) -> Times:
    middle = [took for took, n, place in rows if n <= place * 2 <= n + 2]
    took, n = next((took, n) for took, n, place in rows if n * 9 <= place * 10 <= n * 9 + 9)
    median = sum(middle) // len(middle)
    return Times(timedelta(microseconds=median), timedelta(microseconds=took), n)
