"""The points of control charts, added up by the database, and the measures made of them.

They are of one queue: of its first inspections, and of the answers to an item of its plan, which
are found by index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean, variance
from typing import Any

from django.db.models import Avg, Count, FloatField, Q, Sum, Value, Variance
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidInput
from qc.models import Answer, Defect, Outcome, Purpose, Task
from qc.reports.control_charts import (
    ChartKind,
    Measure,
    Rule,
    of_defects,
    of_individuals,
    of_means,
    of_shares,
    signals,
)
from qc.reports.span import Span

# Of more single values only the newest are shown, and only they are grouped.
MOST_VALUES = 1000
# How many values a group may have.
SIZES = range(2, 11)
USUAL_SIZE = 5
# With fewer points limits mean little.
FEWEST_POINTS = 20


@dataclass(frozen=True)
class ChartQuery:
    """What a chart shows: its kind, its span with a queue, and the item of a chart of values.

    `size` is of how many values each a chart of groups shows the means; 0 for any other chart.
    """

    kind: ChartKind
    span: Span
    item: str = ""
    size: int = 0

    @property
    def chart(self) -> str:
        """What tells its baseline from those of other charts, as `Baseline.chart` keeps it."""
        return f"{self.kind}{self.size or ''}"


def kind_and_size(chart: str) -> tuple[ChartKind, int]:
    """Return the kind and the size of a chart as `ChartQuery.chart` names it."""
    kind = chart.rstrip("0123456789")
    return ChartKind(kind), int(chart.removeprefix(kind) or 0)


@dataclass(frozen=True)
class Point:
    """A value on a chart. It stands for `n` tasks, units or values; `hits` of them count."""

    at: date | datetime
    value: float
    n: int
    hits: int = 0
    variance: float = 0.0
    task: str = ""


def points(query: ChartQuery) -> list[Point]:
    """Return the points of a chart, oldest first."""
    return _POINTS[query.kind](query)


def rules(of: Sequence[Point], measure: Measure | None) -> list[list[Rule]]:
    """Return for each point the rules that hit there: none without a frozen measure."""
    if measure is None:
        return [[] for _point in of]
    return signals([measure.sigmas(point.value, point.n) for point in of])


def measure(kind: ChartKind, of: Sequence[Point]) -> Measure:
    """Return the measure of some points. Raises InvalidInput where they are too few for one."""
    if len(of) < FEWEST_POINTS:
        words = {"n": len(of), "fewest": FEWEST_POINTS}
        message = _(
            "A baseline needs at least %(fewest)d points, these days have %(n)d. "
            "Please choose more days."
        )
        raise InvalidInput("first", message % words)
    if kind == ChartKind.INDIVIDUALS:
        return of_individuals([point.value for point in of])
    if kind in (ChartKind.MEANS, ChartKind.GROUPS):
        return _of_means(of)
    make = of_shares if kind == ChartKind.FAILED else of_defects
    return make(sum(point.hits for point in of), sum(point.n for point in of))


def _of_means(of: Sequence[Point]) -> Measure:
    if all(point.n == 1 for point in of):
        message = _("No day has two values. Please choose the chart of single values.")
        raise InvalidInput("kind", message)
    return of_means([(point.n, point.value, point.variance) for point in of])


def _failed(query: ChartQuery) -> list[Point]:
    failed = Count("pk", filter=Q(outcome=Outcome.FAILED))
    counts = _by_day(_inspections(query), query.span).annotate(n=Count("pk"), hits=failed)
    return [Point(one["day"], one["hits"] / one["n"], one["n"], one["hits"]) for one in counts]


def _defects(query: ChartQuery) -> list[Point]:
    # A check of which no quantities were counted is of one unit.
    units = Sum(Coalesce("inspected", Value(1)))
    found = query.span.narrow(Defect.objects.filter(task__purpose=Purpose.INSPECTION))
    sums = _by_day(found, query.span).annotate(hits=Sum("quantity")).values_list("day", "hits")
    defects = dict(sums)
    counts = _by_day(_inspections(query), query.span).annotate(n=units)
    # Nothing at all was inspected of some lots.
    days = [(one["day"], one["n"], defects.get(one["day"], 0)) for one in counts if one["n"]]
    return [Point(day, hits / n, n, hits) for day, n, hits in days]


def _individuals(query: ChartQuery) -> list[Point]:
    rows = _values(query, 0, MOST_VALUES)
    return [Point(at, float(value), 1, task=task) for at, value, task in rows]


def _groups(query: ChartQuery) -> list[Point]:
    """Return the means of each `size` values, counted from the first of the days.

    So no group ever changes: what comes later makes new ones, and the last is left out until it is
    whole.
    """
    incomplete = _numbers(query).count() % query.size
    rows = _values(query, incomplete, MOST_VALUES // query.size * query.size)
    return [_group(rows[at : at + query.size]) for at in range(0, len(rows), query.size)]


def _group(rows: Sequence[tuple[datetime, Any, str]]) -> Point:
    values = [float(value) for _at, value, _task in rows]
    at, _value, task = rows[-1]
    return Point(at, fmean(values), len(values), variance=variance(values), task=task)


def _values(query: ChartQuery, skipped: int, most: int) -> list[tuple[datetime, Any, str]]:
    """Return the newest values but some, oldest first, each with its moment and its task."""
    newest = _numbers(query).order_by("-completed_at", "-pk")
    rows = newest.values_list("completed_at", "number", "task__reference")
    return list(reversed(rows[skipped : skipped + most]))


def _means(query: ChartQuery) -> list[Point]:
    value = Cast("number", FloatField())
    days = _by_day(_numbers(query), query.span).annotate(
        n=Count("pk"), mean=Avg(value), variance=Variance(value)
    )
    return [
        Point(one["day"], one["mean"], one["n"], variance=_of_sample(one["variance"], one["n"]))
        for one in days
    ]


def _of_sample(variance: float, n: int) -> float:
    """Return the variance of n − 1; SQLite has none for a single value."""
    return variance * n / (n - 1) if n > 1 else 0.0


def _inspections(query: ChartQuery) -> Any:
    return query.span.narrow(Task.objects.filter(purpose=Purpose.INSPECTION))


def _numbers(query: ChartQuery) -> Any:
    return query.span.narrow(Answer.objects.filter(item=query.item, number__isnull=False))


def _by_day(rows: Any, span: Span) -> Any:
    return rows.annotate(day=span.day()).values("day").order_by("day")


_POINTS: dict[ChartKind, Callable[[ChartQuery], list[Point]]] = {
    ChartKind.FAILED: _failed,
    ChartKind.DEFECTS: _defects,
    ChartKind.INDIVIDUALS: _individuals,
    ChartKind.MEANS: _means,
    ChartKind.GROUPS: _groups,
}
