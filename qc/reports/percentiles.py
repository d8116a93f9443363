"""Medians and 90th percentiles, found by the database."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection

# The database ranks all, and gives the few that matter. In whole numbers: the ranks in the middle
# of n are those whose double is n to n + 2; nine of ten end with the one whose tenfold is 9 n to
# 9 n + 9. What was reckoned for each task stands in a table by itself: SQLite would reckon it
# anew for each ranking.
RANKED = """
SELECT about, took, n, place * 2 - n AS middle, place * 10 - n * 9 AS ninth FROM (
  SELECT about, took, COUNT(*) OVER (PARTITION BY about) AS n,
    ROW_NUMBER() OVER (PARTITION BY about ORDER BY took) AS place
  FROM ({}) AS tasks
) AS ranked
WHERE place * 2 - n BETWEEN 0 AND 2 OR place * 10 - n * 9 BETWEEN 0 AND 9
ORDER BY took
"""

Key = int | date | None


class Times(NamedTuple):
    """How long something took, `of` so many: the middle one, and what nine of ten did not exceed.

    The median of an even number is the mean of the two in the middle. The 90th percentile is the
    shortest time that really occurred which at least nine of ten did not exceed. None: of none.
    """

    median: timedelta | None = None
    ninety: timedelta | None = None
    of: int = 0


OF_NONE = Times()


def times_of(tasks: Any) -> dict[Key, Times]:
    """Return for what each task is `about` the times that they `took`.

    `tasks` is a queryset annotated with both, in no order.
    """
    sql, parameters = tasks.values_list("about", "took").query.sql_with_params()
    told: dict[Key, list[Any]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(RANKED.format(sql), parameters)
        for about, *one in cursor.fetchall():
            told[_key(about)].append(one)
    return {about: _picked(some) for about, some in told.items()}


def _picked(found: list[Any]) -> Times:
    middle = [took for took, _n, middle, _ninth in found if 0 <= middle <= 2]
    took, n = next((took, n) for took, n, _middle, ninth in found if 0 <= ninth <= 9)
    median = sum(middle) // len(middle)
    return Times(timedelta(microseconds=median), timedelta(microseconds=took), n)


def _key(told: Any) -> Key:
    # SQLite keeps days as text.
    return date.fromisoformat(told) if isinstance(told, str) else told
