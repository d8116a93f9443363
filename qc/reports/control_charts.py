"""Control charts: limits from a frozen baseline, and the four Western Electric rules.

All charts have limits of one form: `centre ± 3 · spread / √n`, where a point stands for n tasks,
units or values. What differs is the spread of a single one:

========== ============================== ================================================
chart      a point                        spread
========== ============================== ================================================
p          share of failed checks a day   √(p̄ · (1 − p̄)), n = checks of the day
u          defects per unit a day         √ū, n = units inspected on the day
individual a value, n = 1                 mean moving range / 1.128 (d₂ of two values)
mean       mean of a day's values         pooled standard deviation within days, n = values
groups     mean of each n values          the same within groups, n = values of a group
========== ============================== ================================================
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import copysign, inf, sqrt

from django.db import models
from django.utils.translation import gettext_lazy as _

# The expected range of two values of a normal distribution, in its standard deviations.
D2 = 1.128
SIGMAS = 3


class ChartKind(models.TextChoices):
    """What a chart shows; at most 12 characters, as `Baseline.chart` keeps it."""

    FAILED = "p", _("Failed share by day (p chart)")
    DEFECTS = "u", _("Defects per unit by day (u chart)")
    INDIVIDUALS = "individuals", _("Single values (individuals chart)")
    MEANS = "means", _("Means by day (X-bar chart)")
    GROUPS = "groups", _("Means of each n checks (X-bar chart)")

    @property
    def is_of_values(self) -> bool:
        """Whether it shows the answers to an item that asks for a number."""
        return self in (ChartKind.INDIVIDUALS, ChartKind.MEANS, ChartKind.GROUPS)

    @property
    def is_by_day(self) -> bool:
        """Whether a point stands for a day."""
        return self not in (ChartKind.INDIVIDUALS, ChartKind.GROUPS)


class Rule(models.IntegerChoices):
    """The Western Electric rules, by which a point is a signal."""

    BEYOND = 1, _("beyond 3σ")
    TWO_OF_THREE = 2, _("2 of 3 beyond 2σ on one side")
    FOUR_OF_FIVE = 3, _("4 of 5 beyond 1σ on one side")
    EIGHT = 4, _("8 in a row on one side")


# For each rule: so many of so many points in a row, the newest among them, beyond so many sigmas.
RUNS = {
    Rule.BEYOND: (1, 1, 3),
    Rule.TWO_OF_THREE: (2, 3, 2),
    Rule.FOUR_OF_FIVE: (4, 5, 1),
    Rule.EIGHT: (8, 8, 0),
}
LONGEST_RUN = 8


@dataclass(frozen=True)
class Limits:
    """The limits of a point."""

    lower: float
    upper: float


@dataclass(frozen=True)
class Measure:
    """The centre line of a chart, and the spread of a single task, unit or value about it.

    `lowest` and `highest` are what a value can be at all: a share is never below 0 or above 1.
    """

    centre: float
    spread: float
    lowest: float = -inf
    highest: float = inf

    def limits(self, n: float) -> Limits:
        """Return the limits of a point that stands for n."""
        width = SIGMAS * self.spread / sqrt(n)
        return Limits(max(self.centre - width, self.lowest), min(self.centre + width, self.highest))

    def sigmas(self, value: float, n: float) -> float:
        """Return by how many sigmas a point is above the centre line; below 0: under it."""
        away = value - self.centre
        if self.spread:
            return away * sqrt(n) / self.spread
        return copysign(inf, away) if away else 0.0


def of_shares(failed: int, tasks: int) -> Measure:
    """Return the measure of a p chart."""
    share = failed / tasks
    return Measure(share, sqrt(share * (1 - share)), 0.0, 1.0)


def of_defects(defects: int, units: int) -> Measure:
    """Return the measure of a u chart."""
    rate = defects / units
    return Measure(rate, sqrt(rate), 0.0)


def of_individuals(values: Sequence[float]) -> Measure:
    """Return the measure of an individuals chart, from at least two values in their order."""
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    return Measure(sum(values) / len(values), sum(ranges) / len(ranges) / D2)


def of_means(groups: Sequence[tuple[int, float, float]]) -> Measure:
    """Return the measure of an X-bar chart, by days or by groups of values.

    For each group: the number of values, their mean, and their variance (of n − 1). At least one
    of them must have two values.
    """
    total = sum(n for n, _mean, _variance in groups)
    centre = sum(n * mean for n, mean, _variance in groups) / total
    within = sum((n - 1) * variance for n, _mean, variance in groups)
    return Measure(centre, sqrt(within / (total - len(groups))))


def signals(sigmas: Sequence[float]) -> list[list[Rule]]:
    """Return for each point the rules that hit there; the points are in sigmas from the centre.

    A rule hits at a point that is itself beyond, once enough of those up to it are. Exactly on a
    line is not beyond it.
    """
    return [list(_hits(sigmas[max(at - LONGEST_RUN + 1, 0) : at + 1])) for at in range(len(sigmas))]


def _hits(sigmas: Sequence[float]) -> Iterator[Rule]:
    for rule, (wanted, among, beyond) in RUNS.items():
        side = copysign(1, sigmas[-1])
        outside = [one * side > beyond for one in sigmas[-among:]]
        if outside[-1] and sum(outside) >= wanted:
            yield rule
