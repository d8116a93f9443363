"""A control chart as it is shown and exported: its points with limits, and what stands out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from qc.admin.reports import pages
from qc.admin.reports.columns import words
from qc.admin.shared.charts import LINES, Chart
from qc.audit import baselines
from qc.core.localization import local
from qc.models import Baseline
from qc.reports import chart_points
from qc.reports.chart_points import ChartQuery, Point
from qc.reports.control_charts import ChartKind, Measure, Rule

SIGNAL = "#dc2626"
# The shape of a rule's marks, so that they are told apart without colours.
MARKS = {
    Rule.BEYOND: "triangle",
    Rule.TWO_OF_THREE: "rectRot",
    Rule.FOUR_OF_FIVE: "rect",
    Rule.EIGHT: "star",
}


@dataclass
class ControlTable:
    """A control chart as it is shown and exported."""

    query: ChartQuery
    points: list[Point]
    baseline: Baseline | None
    title: str

    @cached_property
    def measure(self) -> Measure | None:
        """The frozen measure."""
        return baselines.measure(self.baseline) if self.baseline else None

    @cached_property
    def rules(self) -> list[list[Rule]]:
        """For each point the rules that hit there."""
        return chart_points.rules(self.points, self.measure)

    @property
    def signals(self) -> int:
        """The number of points that some rule hits."""
        return sum(map(bool, self.rules))

    @cached_property
    def headings(self) -> list[str]:
        """The headings of the columns."""
        counted = {
            ChartKind.FAILED: [_("Failed share"), _("Failed"), _("Checks")],
            ChartKind.DEFECTS: [_("Defects per unit"), _("Defects"), _("Units")],
            ChartKind.INDIVIDUALS: [_("Value"), _("Task")],
            ChartKind.MEANS: [_("Mean"), _("Values")],
            ChartKind.GROUPS: [_("Mean"), _("Values"), _("Last task")],
        }[self.query.kind]
        return [self._when_heading, *counted, _("Lower limit"), _("Upper limit"), _("Rules")]

    @property
    def rows(self) -> list[tuple[bool, str, list[str]]]:
        """Whether a point is a signal, when it was, and its figures, as the page shows them."""
        rows = []
        for row, rules in zip(self._rows(), self.rules, strict=True):
            when, *figures = row
            rows.append((bool(rules), self._when(when), [self._shown(one) for one in figures]))
        return rows

    @property
    def frozen(self) -> dict[str, str]:
        """The baseline in words: its days, who froze it and when, centre and spread."""
        if self.baseline is None or self.measure is None:
            return {}
        return {
            "since": date_format(local(self.baseline.since), "j M Y"),
            "until": date_format(local(self.baseline.until) - timedelta(minutes=1), "j M Y"),
            "who": str(self.baseline.frozen_by),
            "when": date_format(local(self.baseline.frozen_at), "j M Y H:i"),
            "centre": self._shown(self.measure.centre),
            "spread": pages.figure(self.measure.spread),
            "points": words(self.baseline.values.get("points")),
        }

    @property
    def chart(self) -> Chart:
        """The points, with centre line and limits, and a mark for each rule that hits somewhere."""
        labels = [self._when(point.at) for point in self.points]
        y = {"ticks": {}, "grid": {}, "beginAtZero": not self.query.kind.is_of_values}
        series = [*self._marks(), self._series(), *self._lines()]
        legend = {"usePointStyle": True, "boxHeight": 8}
        return Chart("control", self.title, "line", labels, series, axes={"y": y}, legend=legend)

    def for_export(self) -> Iterator[Sequence[object]]:
        """Yield the rows of a file."""
        yield self.headings
        for when, *figures in self._rows():
            moment = local(when).replace(tzinfo=None) if isinstance(when, datetime) else when
            yield [moment, *figures]

    def _rows(self) -> Iterator[list[Any]]:
        for point, rules in zip(self.points, self.rules, strict=True):
            bounds: list[float | None] = [None, None]
            if self.measure:
                limits = self.measure.limits(point.n)
                bounds = [limits.lower, limits.upper]
            names = "; ".join(str(rule.label) for rule in rules)
            yield [point.at, point.value, *self._counted(point), *bounds, names]

    def _counted(self, point: Point) -> list[object]:
        if self.query.kind == ChartKind.INDIVIDUALS:
            return [point.task]
        if self.query.kind == ChartKind.GROUPS:
            return [point.n, point.task]
        return [point.n] if self.query.kind.is_of_values else [point.hits, point.n]

    @property
    def _when_heading(self) -> str:
        return _("Day") if self.query.kind.is_by_day else _("Completed")

    def _when(self, at: Any) -> str:
        if isinstance(at, datetime):
            return date_format(local(at), "j M H:i")
        return date_format(at, "j M")

    def _shown(self, value: object) -> str:
        if value is None:
            return "–"
        if not isinstance(value, float):
            return str(value)
        is_share = self.query.kind == ChartKind.FAILED
        return pages.percent(value) if is_share else pages.figure(value)

    def _series(self) -> dict[str, Any]:
        return {
            "label": self.headings[1],
            "data": [point.value for point in self.points],
            "borderColor": LINES[0],
            "backgroundColor": LINES[0],
            "borderWidth": 2,
            "pointRadius": 3,
        }

    def _marks(self) -> Iterator[dict[str, Any]]:
        """Yield for each rule a series of marks at the points where it hits."""
        hits = list(zip(self.points, self.rules, strict=True))
        for rule, shape in MARKS.items():
            data = [point.value if rule in rules else None for point, rules in hits]
            if any(value is not None for value in data):
                colors = {"borderColor": SIGNAL, "backgroundColor": SIGNAL}
                mark = {"pointStyle": shape, "pointRadius": 8, "showLine": False, "clip": False}
                yield {"label": str(rule.label), "data": data, **colors, **mark}

    def _lines(self) -> Iterator[dict[str, Any]]:
        if (measure := self.measure) is None:
            return
        limits = [measure.limits(point.n) for point in self.points]
        yield _line(_("Centre line"), [measure.centre for _point in self.points], LINES[3], [])
        yield _line(_("Upper limit"), [one.upper for one in limits], LINES[1], [6, 4])
        yield _line(_("Lower limit"), [one.lower for one in limits], LINES[1], [6, 4])


def _line(label: str, data: list[float], color: str, dash: list[int]) -> dict[str, Any]:
    colors = {"borderColor": color, "backgroundColor": color, "borderDash": dash}
    return {"label": label, "data": data, **colors, "borderWidth": 1.5, "pointRadius": 0}
