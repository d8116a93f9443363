"""Shares of what was checked, each with the interval in which the true share probably lies."""

from dataclasses import dataclass
from math import sqrt

# The 97.5 % quantile of the normal distribution: intervals hold in 95 of 100 cases.
Z = 1.959963984540054
MILLION = 1_000_000


@dataclass(frozen=True)
class Rate:
    """So many `hits` in so many `cases`."""

    hits: int
    cases: int

    @property
    def share(self) -> float | None:
        """The share of the hits; None without any case."""
        return self.hits / self.cases if self.cases else None

    @property
    def per_million(self) -> float | None:
        """The hits in a million cases; None without any case."""
        return None if self.share is None else self.share * MILLION

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval of the share, at 95 %; None without any case."""
        if self.share is None:
            return None
        n, p = self.cases, self.share
        middle = p + Z**2 / (2 * n)
        half = Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        low, high = ((middle + side * half) / (1 + Z**2 / n) for side in (-1, 1))
        # Rounding must not put a share of none, or of all, outside of its own interval.
        return min(max(low, 0.0), p), max(min(high, 1.0), p)
