"""A chart, drawn by Chart.js through Unfold, and its figures as a table."""

import json
from dataclasses import dataclass, field
from typing import Any

# Each contrasts with white, with near black, and with its neighbours.
LINES = ("#0d8a94", "#d9662b", "#7c6fe0", "#4d9a3f", "#d1498b", "#8a7a52")


@dataclass
class Chart:
    """Series of figures over the same labels; `is_stacked` puts one on top of the other.

    `axes` are options of its axes, by their names, besides the usual ones or instead of them;
    `legend` are options of the labels of its legend.
    """

    name: str
    title: str
    kind: str
    labels: list[str]
    series: list[dict[str, Any]]
    is_stacked: bool = False
    axes: dict[str, dict[str, Any]] = field(default_factory=dict)
    legend: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """The labels and series, as JSON for Chart.js."""
        return json.dumps({"labels": self.labels, "datasets": self.series})

    @property
    def is_empty(self) -> bool:
        """Whether all figures are zero."""
        return not any(any(one["data"]) for one in self.series)

    @property
    def options(self) -> str:
        """The options, as JSON for Chart.js; `charts.js` adds the colours of the text."""
        axis = {"ticks": {"precision": 0}, "stacked": self.is_stacked}
        usual = {
            "x": axis | {"grid": {"display": False}},
            "y": axis | {"beginAtZero": True, "grid": {}},
        }
        return json.dumps(
            {
                "animation": False,
                "responsive": True,
                "maintainAspectRatio": False,
                "interaction": {"mode": "index", "intersect": False},
                "plugins": {"legend": {"labels": {"boxWidth": 12, **self.legend}}},
                "scales": usual | self.axes,
            }
        )

    @property
    def rows(self) -> list[tuple[str, list[int | float]]]:
        """The labels with their values, for the table."""
        columns = [one["data"] for one in self.series]
        return [(label, [data[at] for data in columns]) for at, label in enumerate(self.labels)]
