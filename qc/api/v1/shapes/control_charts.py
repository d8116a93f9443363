"""Control charts and baselines as the API answers them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from qc.api.v1.shapes.moments import moment
from qc.api.v1.shapes.reports import of_span
from qc.audit import baselines
from qc.models import Baseline
from qc.reports import chart_points
from qc.reports.chart_points import ChartQuery, Point
from qc.reports.control_charts import Measure


def of_chart(
    query: ChartQuery, points: Sequence[Point], baseline: Baseline | None
) -> dict[str, Any]:
    """Return a chart; only one with a baseline has limits, and points that stand out."""
    measure = baselines.measure(baseline) if baseline else None
    rules = chart_points.rules(points, measure)
    counts = not query.kind.is_of_values
    return {
        **of_span(query.span),
        "kind": query.kind.value,
        "item": query.item,
        "size": query.size or None,
        "baseline": of_baseline(baseline) if baseline else None,
        "points": [
            {**_of_point(point, counts), **_limits(point, measure), "rules": list(map(int, hit))}
            for point, hit in zip(points, rules, strict=True)
        ],
    }


def of_baseline(baseline: Baseline) -> dict[str, Any]:
    """Return a baseline; who froze it was read."""
    kind, size = chart_points.kind_and_size(baseline.chart)
    return {
        "id": baseline.pk,
        "queue": baseline.queue_id,
        "kind": kind.value,
        "item": baseline.item,
        "size": size or None,
        "since": moment(baseline.since),
        "until": moment(baseline.until),
        **{name: baseline.values[name] for name in ("points", "centre", "spread")},
        "frozen_at": moment(baseline.frozen_at),
        "frozen_by": baseline.frozen_by.username,
    }


def _of_point(point: Point, counts: bool) -> dict[str, Any]:
    return {
        "at": _when(point.at),
        "value": point.value,
        "n": point.n,
        "hits": point.hits if counts else None,
        "task": point.task or None,
    }


def _limits(point: Point, measure: Measure | None) -> dict[str, float | None]:
    if measure is None:
        return {"lower": None, "upper": None}
    limits = measure.limits(point.n)
    return {"lower": limits.lower, "upper": limits.upper}


def _when(at: date | datetime) -> str | None:
    return moment(at) if isinstance(at, datetime) else str(at)
