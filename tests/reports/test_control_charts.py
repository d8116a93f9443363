"""Limits of control charts and the Western Electric rules, against figures worked out by hand."""

import pytest

from qc.reports.control_charts import (
    Measure,
    Rule,
    of_defects,
    of_individuals,
    of_means,
    of_shares,
    signals,
)


def limits(measure: Measure, n: float) -> tuple[float, float]:
    found = measure.limits(n)
    return round(found.upper, 6), round(found.lower, 6)


class TestLimits:
    def test_share_of_failed_checks(self) -> None:
        assert limits(of_shares(5, 100), 100) == (0.115383, 0)

    def test_defects_per_unit(self) -> None:
        assert limits(of_defects(60, 50), 50) == (1.664758, 0.735242)

    def test_limits_are_narrower_for_points_that_stand_for_more(self) -> None:
        measure = of_defects(60, 50)
        assert measure.limits(200).upper < measure.limits(50).upper

    def test_share_is_never_above_all(self) -> None:
        assert limits(of_shares(95, 100), 4)[0] == 1

    def test_single_values_by_their_moving_ranges(self) -> None:
        # Moving ranges 2, 1, 3, 3, 3: mean 2.4.
        assert limits(of_individuals([9, 11, 10, 13, 10, 7]), 1) == pytest.approx(
            (10 + 3 * 2.4 / 1.128, 10 - 3 * 2.4 / 1.128), abs=1e-6
        )
        assert of_individuals([1, 3, 2]).spread == pytest.approx(1.5 / 1.128)

    def test_means_of_days_by_the_deviation_within_days(self) -> None:
        # Two values 9 and 11 (variance 2), and three values 10, 12, 14 (variance 4).
        measure = of_means([(2, 10.0, 2.0), (3, 12.0, 4.0)])
        assert measure.centre == pytest.approx(11.2)
        assert measure.spread == pytest.approx((10 / 3) ** 0.5)
        assert limits(measure, 4) == (13.938613, 8.461387)


class TestRules:
    @pytest.mark.parametrize(
        ("series", "rule"),
        [
            ([0, 3.01], Rule.BEYOND),
            ([0, -3.01], Rule.BEYOND),
            ([2.1, 0, 2.1], Rule.TWO_OF_THREE),
            ([0.5, -2.1, -2.1], Rule.TWO_OF_THREE),
            ([1.1, 1.1, 0, 1.1, 1.1], Rule.FOUR_OF_FIVE),
            ([-1.1, 2, -1.1, -1.1, -1.1], Rule.FOUR_OF_FIVE),
            ([0.1] * 8, Rule.EIGHT),
            ([1, *[-0.1] * 8], Rule.EIGHT),
        ],
    )
    def test_rule_hits_at_the_last_point_only(self, series: list[float], rule: Rule) -> None:
        *before, last = signals(series)
        assert last == [rule]
        assert not any(before)

    @pytest.mark.parametrize(
        "series",
        [
            [0, 3.0],  # on the limit
            [2.1, 0, 0, 2.1],  # 2 of 4
            [2.1, 0, -2.1],  # on two sides
            [2.1, 2.0],  # on the line
            [1.1, 1.1, 0, 0, 1.1, 1.1],  # 4 of 6
            [1.1, 1.1, 0, -1.1, 1.1],  # on two sides
            [1.1, 1.1, 1.1, 1.0],  # on the line
            [0.1] * 7,  # one less
            [*[0.1] * 4, 0, *[0.1] * 4],  # the centre is on no side
            [*[0.1] * 7, -0.1],
        ],
    )
    def test_no_rule_hits_where_it_just_does_not(self, series: list[float]) -> None:
        assert not any(signals(series))

    def test_rule_hits_only_where_the_point_itself_is_beyond(self) -> None:
        assert signals([2.1, 2.1, 0]) == [[], [Rule.TWO_OF_THREE], []]
        assert signals([1.1, 1.1, 1.1, 1.1, 0])[-1] == []

    def test_one_point_can_be_hit_by_several_rules(self) -> None:
        assert signals([0.5, 2.5, 3.5])[-1] == [Rule.BEYOND, Rule.TWO_OF_THREE]

    def test_points_are_measured_by_how_much_they_stand_for(self) -> None:
        measure = of_shares(5, 100)
        assert measure.sigmas(0.115383, 100) == pytest.approx(3, abs=1e-4)
        assert measure.sigmas(0.115383, 25) == pytest.approx(1.5, abs=1e-4)

    def test_any_failure_is_beyond_where_the_baseline_had_none(self) -> None:
        measure = of_shares(0, 100)
        assert signals([measure.sigmas(value, 10) for value in (0, 0.1)]) == [[], [Rule.BEYOND]]
