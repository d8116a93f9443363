"""The most frequent defects as they are shown and exported."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from qc.admin.reports import pages
from qc.admin.reports.columns import words
from qc.admin.shared.charts import LINES, Chart
from qc.reports.defects import By, DefectQuery, Pareto, ParetoRow


@dataclass
class DefectTable:
    """The most frequent defects as they are shown and exported."""

    query: DefectQuery
    pareto: Pareto

    @property
    def about(self) -> str:
        """What the defects are counted by."""
        return self.query.column or str(self.query.by.label)

    @cached_property
    def headings(self) -> list[str]:
        """The headings of the columns."""
        shares = [_("Share"), _("Cumulative share")]
        return [capfirst(self.about), _("Defects"), *shares, _("Checks with it")]

    @property
    def lines(self) -> list[tuple[str, Sequence[str]]]:
        """The rows as the page shows them."""
        return pages.lines([self._words(row) for row in self.pareto.rows])

    @property
    def others(self) -> list[str]:
        """What is left over, as the page shows it; nothing where nothing is."""
        n = self.pareto.others
        return [words(n), words(n / self.pareto.total), words(1.0), ""] if n else []

    @property
    def total(self) -> str:
        """The number of all defects."""
        return words(self.pareto.total)

    @property
    def chart(self) -> Chart:
        """Bars of the quantities, and the line of the cumulative share."""
        rows = self.pareto.rows
        bars = {
            "label": _("Defects"),
            "data": [row.quantity for row in rows],
            "backgroundColor": LINES[0],
            "maxBarThickness": 48,
            "order": 2,
        }
        line = {
            "label": _("Cumulative share, %"),
            "data": [round(100 * row.cumulative, 1) for row in rows],
            "type": "line",
            "yAxisID": "share",
            "borderColor": LINES[1],
            "backgroundColor": LINES[1],
            "pointRadius": 3,
            "borderWidth": 2,
            "order": 1,
            "clip": False,
        }
        share = {"position": "right", "min": 0, "max": 100, "grid": {"display": False}, "ticks": {}}
        labels = [self._name(row) for row in rows]
        return Chart("pareto", self.title, "bar", labels, [bars, line], axes={"share": share})

    @property
    def title(self) -> str:
        """The title of chart and table."""
        return _("Most frequent defects by %(about)s") % {"about": self.about}

    def for_export(self) -> Iterator[Sequence[object]]:
        """Yield the rows of a file: shares in percent."""
        yield self.headings
        for row in self.pareto.rows:
            shares = (round(100 * share, 4) for share in (row.share, row.cumulative))
            name = row.key if self.query.by == By.DAY else row.name
            yield [name, row.quantity, *shares, row.tasks]
        if n := self.pareto.others:
            yield [_("others"), n, round(100 * n / self.pareto.total, 4), 100.0, None]

    def _words(self, row: ParetoRow) -> list[str]:
        figures = (row.quantity, row.share, row.cumulative, row.tasks)
        return [self._name(row), *map(words, figures)]

    def _name(self, row: ParetoRow) -> str:
        is_day = self.query.by == By.DAY
        return date_format(row.key, "D j M Y") if is_day else row.name  # type: ignore[arg-type]
