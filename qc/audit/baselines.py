"""Freezes the baselines of control charts: each time, an event says what was frozen, and by whom.

There is one for each chart of a queue. A new one replaces it; the events keep all of them.
"""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.exceptions import NotFound
from qc.core.local_days import beginning, end
from qc.core.transactions import retrying
from qc.history import events
from qc.models import Baseline, EventKind, Queue, User
from qc.reports import chart_points
from qc.reports.chart_points import ChartQuery
from qc.reports.control_charts import Measure


def of(query: ChartQuery) -> Baseline | None:
    """Return the frozen baseline of a chart."""
    return Baseline.objects.filter(**_chart(query)).select_related("frozen_by").first()


def measure(baseline: Baseline) -> Measure:
    """Return the measure that was frozen."""
    names = ("centre", "spread", "lowest", "highest")
    values = baseline.values
    return Measure(**{name: float(values[name]) for name in names if name in values})


@retrying
def freeze(query: ChartQuery, *, by: User) -> Baseline:
    """Freeze the measure of a chart's span, in place of the earlier one.

    Raises NotAllowed, and InvalidInput where the span has too few points.
    """
    permissions.check_manager(by)
    points = chart_points.points(query)
    values = _values(chart_points.measure(query.kind, points)) | {"points": len(points)}
    span = {"since": beginning(query.span.first), "until": end(query.span.last)}
    frozen = {"values": values, "frozen_by": by, "frozen_at": timezone.now()}
    baseline, _is_new = Baseline.objects.update_or_create(**_chart(query), defaults=span | frozen)
    first, last = str(query.span.first), str(query.span.last)
    _record(query, by, first=first, last=last, values=values)
    return baseline


@retrying
def remove(query: ChartQuery, *, by: User) -> None:
    """Remove the baseline of a chart. Raises NotAllowed, and NotFound where there is none."""
    permissions.check_manager(by)
    gone, _by_model = Baseline.objects.filter(**_chart(query)).delete()
    if not gone:
        raise NotFound(_("There is no baseline any more."))
    _record(query, by, removed=True)


def _chart(query: ChartQuery) -> dict[str, Any]:
    return {"queue_id": query.span.queue, "chart": query.chart, "item": query.item}


def _values(of: Measure) -> dict[str, float]:
    """Return a measure as JSON, which has no infinity."""
    return {name: value for name, value in asdict(of).items() if abs(value) != float("inf")}


def _record(query: ChartQuery, by: User, **details: Any) -> None:
    queue = Queue.objects.get(pk=query.span.queue or 0)
    details |= {"queue": queue.name, "chart": str(query.kind), "item": query.item}
    details |= {"size": query.size} if query.size else {}
    events.record(EventKind.BASELINE_FROZEN, by=by, **details)
