"""Reports: what was done in some days, how long it took and had waited, and what was given back.

All is reckoned by the database, in as many statements for ten people as for thousands; it reads
what was completed in these days, and what was given back in them, by index. Of more tasks than
`MOST_RANKED` the times are those of a sample, spread evenly over all of them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Count, ExpressionWrapper, F, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from qc.days import day_of, each, within
from qc.models import Outcome, Queue, Task, User

MOST_RANKED = 100_000
# Multiplied by the one, the ids lie in the other as evenly as can be, whatever their steps are.
STRIDE, CIRCLE = 40_503, 65_536

TIMES = (("handling", "started_at", "completed_at"), ("waiting", "created_at", "assigned_at"))

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


class Grouping(models.TextChoices):
    """What a row of a report is about."""

    PERSON = "person", _("person")
    QUEUE = "queue", _("queue")
    DAY = "day", _("day")


class Times(NamedTuple):
    """How long something took, `of` so many: the middle one, and what nine of ten did not exceed.

    The median of an even number is the mean of the two in the middle. The 90th percentile is the
    shortest time that really occurred which at least nine of ten did not exceed. None: of none.
    """

    median: timedelta | None = None
    ninety: timedelta | None = None
    of: int = 0


OF_NONE = Times()


@dataclass
class Row:
    """The figures of a person, a queue or a day; `key` is its id or date.

    Handling is from start to completion, waiting from arrival to the assignment that led to it.
    Released and returned counts against the person who had the task.
    """

    key: Key
    name: str
    done: int = 0
    failed: int = 0
    released: int = 0
    returned: int = 0
    handling: Times = OF_NONE
    waiting: Times = OF_NONE

    @property
    def failed_share(self) -> float | None:
        """What part of the done failed; None where nothing was done."""
        return self.failed / self.done if self.done else None


@dataclass
class Report:
    """The rows, and all of it together."""

    rows: list[Row]
    total: Row

    @property
    def is_sampled(self) -> bool:
        """Whether the times are those of a sample."""
        return self.total.handling.of < self.total.done

    @property
    def is_empty(self) -> bool:
        """Whether nothing was done or given back."""
        return not (self.total.done or self.total.released or self.total.returned)


@dataclass(frozen=True)
class Asked:
    """What a report is about: days, both included, and if told one queue, one person."""

    by: Grouping
    first: date
    last: date
    queue: int | None = None
    person: int | None = None

    def done(self) -> QuerySet[Task]:
        """Gives the tasks completed, each with what its row is about as `about`."""
        tasks = Task.objects.filter(within("completed_at", self.first, self.last))
        return self._narrowed(tasks, "assignee", "completed_at")

    def given_back(self) -> Any:
        """Gives the history rows of tasks given back, or taken back by the system."""
        kinds = Q(kind__in=("released", "returned"))
        rows = Task.history.filter(kinds & within("history_date", self.first, self.last))
        return self._narrowed(rows, "person", "history_date")

    def _narrowed(self, found: Any, person: str, moment: str) -> Any:
        asked = {person: self.person, "queue": self.queue}
        found = found.filter(**{name: pk for name, pk in asked.items() if pk}).order_by()
        day = day_of(moment, self.first, self.last)
        about = {Grouping.PERSON: F(person), Grouping.QUEUE: F("queue"), Grouping.DAY: day}
        return found.annotate(about=about[self.by])


def report(asked: Asked, *, most: int = MOST_RANKED) -> Report:
    """Gives the report; of more than `most` tasks the times are those of about so many."""
    rows: dict[Key, Row] = defaultdict(lambda: Row(None, ""))
    total = Row(None, str(_("Total")))
    if asked.by == Grouping.DAY:
        rows |= {day: Row(day, "") for day in each(asked.first, asked.last)}
    _count(asked, rows, total)
    _time(_sample(asked.done(), total.done, most), rows, total)
    for key, name in _names(asked.by, rows).items():
        rows[key].key, rows[key].name = key, name
    return Report(list(rows.values()), total)


def _count(asked: Asked, rows: dict[Key, Row], total: Row) -> None:
    failed = Count("pk", filter=Q(outcome=Outcome.FAILED))
    done = asked.done().values("about").annotate(done=Count("pk"), failed=failed)
    released, returned = (Count("pk", filter=Q(kind=kind)) for kind in ("released", "returned"))
    back = asked.given_back().values("about").annotate(released=released, returned=returned)
    for counts in (*done, *back):
        about = counts.pop("about")
        for name, n in counts.items():
            for row in (rows[about], total):
                setattr(row, name, getattr(row, name) + n)


def _sample(tasks: QuerySet[Task], n: int, most: int) -> QuerySet[Task]:
    if n <= most:
        return tasks
    place = ExpressionWrapper(F("pk") * STRIDE % CIRCLE, output_field=models.BigIntegerField())
    return tasks.annotate(place=place).filter(place__lt=CIRCLE * most // n)


def _time(tasks: QuerySet[Task], rows: dict[Key, Row], total: Row) -> None:
    for name, since, until in TIMES:
        took = tasks.annotate(took=F(until) - F(since))
        for about, times in _times(took).items():
            setattr(rows[about], name, times)
        for times in _times(took.annotate(about=Value(0))).values():
            setattr(total, name, times)


def _times(tasks: QuerySet[Task]) -> dict[Key, Times]:
    """Gives for what each is `about` the times that `took` among them."""
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


def _names(by: Grouping, keys: Iterable[Key]) -> dict[Key, str]:
    """Gives how rows are called, in order of it."""
    if by == Grouping.DAY:
        return {day: str(day) for day in keys}
    model = User if by == Grouping.PERSON else Queue
    named = model._default_manager.in_bulk([key for key in keys if key is not None])
    return {key: str(named.get(key, _("unknown"))) for key in keys}
