"""Reports of checks read what their days and their queue have, whatever else there is."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from qc.models import Queue, User
from qc.reports import answers, chart_points, rates
from qc.reports.chart_points import ChartQuery
from qc.reports.control_charts import ChartKind
from qc.reports.defects import By, DefectQuery, pareto
from qc.reports.span import Span
from tests.checked import many
from tests.databases import on_mariadb
from tests.plans import give_plan
from tests.work.test_claim_cost import rows_touched

pytestmark = [pytest.mark.django_db, on_mariadb]

FIRST = date(2026, 3, 2)
DAYS = [FIRST + timedelta(days=n) for n in range(3)]
LATER = [FIRST + timedelta(days=n) for n in range(10, 200)]
FEW, MANY = 200, 4_000

Report = Callable[[Span], object]


def _charts(kind: ChartKind) -> Report:
    size = 5 if kind == ChartKind.GROUPS else 0
    return lambda span: chart_points.points(ChartQuery(kind, span, "torque", size))


REPORTS: dict[str, tuple[Report, int]] = {
    # Rows read for each check of the span, and besides.
    "pareto by code": (lambda span: pareto(DefectQuery(span, By.CODE)), 4),
    "pareto by day": (lambda span: pareto(DefectQuery(span, By.DAY)), 4),
    "pareto by column": (lambda span: pareto(DefectQuery(span, By.COLUMN, column="supplier")), 5),
    "rates": (rates.rates, 10),
    "items": (lambda span: answers.rows(span, answers.items(span.queue or 0)), 5),
    **{str(kind.value): (_charts(kind), 8) for kind in ChartKind},
}


@pytest.fixture
def queues(invoices: Queue, labels: Queue) -> tuple[Queue, Queue]:
    for queue in (invoices, labels):
        give_plan(
            queue,
            {"key": "torque", "kind": "number", "lower": "8", "upper": "10"},
            {"key": "label"},
            {"key": "box"},
        )
    return invoices, labels


def test_report_reads_no_more_where_other_days_and_queues_have_more(
    queues: tuple[Queue, Queue], anna: User
) -> None:
    invoices, labels = queues
    span = Span(DAYS[0], DAYS[-1], invoices.pk)
    many(invoices, [anna], FEW, DAYS)

    def touched() -> dict[str, int]:
        # The first time, what is cached is read too.
        return {
            name: [rows_touched(lambda report=report: report(span)) for _twice in range(2)][1]
            for name, (report, _most) in REPORTS.items()
        }

    few = touched()
    assert {name: n for name, n in few.items() if n > REPORTS[name][1] * FEW + 100} == {}
    many(invoices, [anna], MANY, LATER)
    many(labels, [anna], MANY, LATER)
    more = touched()
    # Pages of the index at the span's edges may be read, too.
    assert {name: (few[name], n) for name, n in more.items() if n > few[name] * 1.1 + 20} == {}
