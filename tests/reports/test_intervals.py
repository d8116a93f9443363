"""Rates with Wilson's interval."""

import pytest

from qc.reports.intervals import Rate


@pytest.mark.parametrize(
    ("rate", "low", "high"),
    [(Rate(3, 100), 0.010255, 0.084519), (Rate(0, 60), 0, 0.060172), (Rate(60, 60), 0.939828, 1)],
)
def test_interval_is_wilsons(rate: Rate, low: float, high: float) -> None:
    assert rate.interval == pytest.approx((low, high), abs=1e-6)


def test_share_is_within_its_interval() -> None:
    for rate in (Rate(0, 7), Rate(7, 7), Rate(1, 3)):
        low, high = rate.interval or (1, 0)
        assert 0 <= low <= (rate.share or 0) <= high <= 1


def test_nothing_is_said_of_no_cases() -> None:
    nothing = Rate(0, 0)
    assert (nothing.share, nothing.per_million, nothing.interval) == (None, None, None)


def test_rejected_per_million() -> None:
    assert Rate(3, 1000).per_million == pytest.approx(3000)
