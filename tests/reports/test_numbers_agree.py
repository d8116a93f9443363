"""Reports of checks agree with a plain computation over the exported answers."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import fmean, variance
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from qc.exports.answers import AnswersExport
from qc.models import Queue, User
from qc.reports import answers, chart_points, rates
from qc.reports.chart_points import ChartQuery
from qc.reports.control_charts import ChartKind
from qc.reports.defects import By, DefectQuery, pareto
from qc.reports.span import Span
from tests.checked import many
from tests.plans import give_plan

# They have 100,000 answers.
CHECKS = 5_000
KEYS = ("label", "box", *(f"box{n}" for n in range(17)))
BERLIN = ZoneInfo("Europe/Berlin")
# The clock is put back on the fourth of these days.
FIRST = date(2025, 10, 23)
DAYS = [FIRST + timedelta(days=n) for n in range(10)]

Check = dict[str, Any]


@pytest.fixture
def span(invoices: Queue, labels: Queue, anna: User, ben: User) -> Span:
    """Thousands of checks of invoices on ten days, and some before, after and of labels."""
    torque = {"key": "torque", "kind": "number", "lower": "8", "upper": "10"}
    items = [torque, *({"key": key} for key in KEYS)]
    for queue in (invoices, labels):
        give_plan(queue, *items)
    with timezone.override(BERLIN):
        many(invoices, [anna, ben], CHECKS, DAYS, KEYS)
        many(invoices, [anna], 100, [FIRST - timedelta(days=1), DAYS[-1] + timedelta(days=1)])
        many(labels, [ben], 100, DAYS)
    return Span(FIRST, DAYS[-1], invoices.pk)


@pytest.mark.django_db
def test_reports_agree_with_a_plain_computation_over_the_export(span: Span) -> None:
    with timezone.override(BERLIN):
        checks = json.loads(b"".join(AnswersExport(span).json()))
        assert len(checks) == CHECKS
        for compare in (same_paretos, same_rates, same_points, same_items):
            compare(span, checks)


def same_paretos(span: Span, checks: list[Check]) -> None:
    kinds: dict[By, Callable[[Check, Check], Any]] = {
        By.SEVERITY: lambda _check, defect: defect["severity"],
        By.DAY: lambda check, _defect: day(check),
    }
    for by, key in kinds.items():
        found: Counter[Any] = Counter()
        for check in checks:
            for defect in check["defects"]:
                found[key(check, defect)] += defect["quantity"]
        result = pareto(DefectQuery(span, by))
        assert {row.key: row.quantity for row in result.rows} == dict(found)
        assert [row.quantity for row in result.rows] == sorted(found.values(), reverse=True)
        assert result.rows[-1].cumulative == pytest.approx(1)
        assert (result.total, result.others) == (found.total(), 0)
    tasks = Counter(code for one in checks for code in {d["code"] for d in one["defects"]})
    by_code = pareto(DefectQuery(span, By.CODE)).rows
    assert {row.name.split()[0]: row.tasks for row in by_code} == dict(tasks)


def same_rates(span: Span, checks: list[Check]) -> None:
    first = [one for one in checks if not one["purpose"]]
    counted = [one for one in first if one["inspected"] is not None]
    result = rates.rates(span)
    passed = sum(one["outcome"] != "failed" for one in first)
    assert (result.first_pass.hits, result.first_pass.cases) == (passed, len(first))
    assert result.rejected.hits == sum(one["rejected"] for one in counted)
    assert result.rejected.cases == sum(one["inspected"] for one in counted)


def same_points(span: Span, checks: list[Check]) -> None:
    by_day: dict[date, list[Check]] = defaultdict(list)
    for one in checks:
        by_day[day(one)].append(one)
    shares, units, means = {}, {}, {}
    for at, all_of_day in sorted(by_day.items()):
        some = [one for one in all_of_day if not one["purpose"]]
        shares[at] = sum(one["outcome"] == "failed" for one in some), len(some)
        quantity = sum(defect["quantity"] for one in some for defect in one["defects"])
        units[at] = quantity, sum(one["inspected"] or 1 for one in some)
        torques = [float(one["answers"]["torque"]["value"]) for one in all_of_day]
        means[at] = len(torques), fmean(torques), variance(torques)
    assert points(span, "p") == {at: pytest.approx((k / n, n)) for at, (k, n) in shares.items()}
    assert points(span, "u") == {at: pytest.approx((k / n, n)) for at, (k, n) in units.items()}
    found = chart_points.points(ChartQuery(ChartKind.MEANS, span, "torque"))
    assert {one.at: (one.n, one.value, one.variance) for one in found} == {
        at: pytest.approx(one) for at, one in means.items()
    }
    newest = [float(one["answers"]["torque"]["value"]) for one in checks]
    same_groups(span, newest)
    singles = chart_points.points(ChartQuery(ChartKind.INDIVIDUALS, span, "torque"))
    assert [one.value for one in singles] == newest[-chart_points.MOST_VALUES :]


def same_groups(span: Span, torques: list[float]) -> None:
    for size in (2, 7, 10):
        whole = [torques[at : at + size] for at in range(0, CHECKS - size + 1, size)]
        newest = whole[-(chart_points.MOST_VALUES // size) :]
        found = chart_points.points(ChartQuery(ChartKind.GROUPS, span, "torque", size))
        assert [(one.n, one.value, one.variance) for one in found] == [
            pytest.approx((size, fmean(group), variance(group))) for group in newest
        ]


def same_items(span: Span, checks: list[Check]) -> None:
    rows = answers.rows(span, answers.items(span.queue))
    assert sum(row.answers for row in rows) == 100_000
    for row in rows:
        found = [one["answers"][row.item.key] for one in checks]
        verdicts = Counter(one["verdict"] for one in found)
        assert row.not_ok.hits == verdicts["not_ok"]
        assert row.not_ok.cases == verdicts["not_ok"] + verdicts["ok"]
        assert (row.not_applicable, row.answers) == (verdicts["na"], CHECKS)
    torques = [float(one["answers"]["torque"]["value"]) for one in checks]
    (torque,) = [row for row in rows if row.item.key == "torque"]
    assert (float(torque.least), float(torque.most)) == (min(torques), max(torques))
    assert float(torque.mean) == pytest.approx(fmean(torques))


def points(span: Span, kind: str) -> dict[Any, tuple[float, int]]:
    found = chart_points.points(ChartQuery(ChartKind(kind), span))
    return {one.at: (one.value, one.n) for one in found}


def day(check: Check) -> date:
    return datetime.fromisoformat(check["completed_at"]).astimezone(BERLIN).date()
