"""The two plots of docs/scaling.md. The same numbers give the same files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.shift_model import capacity
from benchmarks.shift_model.experiments import SIZES, SWEEPS, UTILISATIONS, Played
from benchmarks.shift_model.measures import percentile
from benchmarks.shift_model.primary import SETUPS, Costs

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
COLOURS = ("#9333ea", "#0284c7", "#ea580c", "#15803d")
MARKERS = ("o", "s", "^", "D")
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "qc-desk",
    "figure.facecolor": "white",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e5e7eb",
    "font.size": 10,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
SECONDS = {0.001: "1 ms", 0.01: "10 ms", 0.1: "100 ms", 1: "1 s", 10: "10 s", 100: "100 s"}
HANDED_OUT = ["at each\nevent", *(f"{sweep}" for sweep in SWEEPS[1:])]


def draw(runs: Sequence[Played], costs: Costs) -> None:
    """Draw both."""
    mpl.use("svg")
    with mpl.rc_context(STYLE):
        save(waits(runs), "scaling-waits.svg")
        save(carries(costs), "scaling-primary.svg")


def waits(runs: Sequence[Played]) -> Figure:
    """Draw how long people, and P1 tasks, wait with each way of handing out."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.5, 4.2), sharey=True)
    for people, colour, marker in zip(SIZES, COLOURS, MARKERS, strict=False):
        mine = [
            run.outcome
            for run in runs
            if (run.plan.people, run.plan.utilisation) == (people, UTILISATIONS[0])
        ]
        look = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2}
        for p, line in ((50, "-"), (99, ":")):
            for axes, values in ((left, [o.kept for o in mine]), (right, [o.p1_met for o in mine])):
                name = f"{people:,} people, p{p}"
                waited = [percentile(value, p) for value in values]
                # Handing out at each event has no period: it gets a line of its own.
                axes.plot(HANDED_OUT[:1], waited[:1], line, **look)
                axes.plot(HANDED_OUT[1:], waited[1:], line, label=name, **look)
    left.set_title("A free person, whose next task is there")
    right.set_title("A P1, while somebody on its queue is free")
    left.set_ylabel("waits")
    for axes in (left, right):
        axes.set_yscale("log")
        axes.set_yticks(list(SECONDS), list(SECONDS.values()))
        axes.minorticks_off()
        axes.set_xlabel("work is handed out … by a sweep, every so many seconds")
    right.legend(loc="lower right")
    return figure


def carries(costs: Costs) -> Figure:
    """Draw how many people each set-up carries, by how long a task takes."""
    figure, axes = pyplot.subplots(figsize=(9.5, 4.6))
    minutes = [0.25 * 1.15**n for n in range(35)]
    for setup, colour in zip(SETUPS, COLOURS, strict=True):
        most = [capacity.most_people(costs, setup, 60 * n, UTILISATIONS[0]) for n in minutes]
        axes.plot(minutes, most, color=colour, linewidth=2, label=setup.name)
    for people in SIZES:
        axes.axhline(people, color="#6b7280", linewidth=0.8, linestyle="--")
        axes.text(31.5, people, f"{people:,}\npeople", va="center", color="#374151")
    _log_axes(axes, [0.25, 0.5, 1, 2, 5, 10, 30], [100, 1_000, 10_000, 100_000])
    axes.set_xlabel("a task takes, minutes")
    axes.set_ylabel("people that keep a primary 70 % busy")
    axes.legend(loc="upper left")
    return figure


def _log_axes(axes: Axes, across: Sequence[float], up: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(across[0], across[-1])
    axes.set_xticks(across, [f"{n:g}" for n in across])
    axes.set_yticks(up, [f"{n:,}" for n in up])
    axes.minorticks_off()


def save(figure: Figure, name: str) -> None:
    """Write a figure without the date, which would change the file each time."""
    figure.tight_layout()
    figure.savefig(IMAGES / name, format="svg", metadata={"Date": None})
    pyplot.close(figure)
