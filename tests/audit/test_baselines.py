"""A frozen baseline keeps its values, and each one stays in the audit trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from qc.audit import baselines
from qc.audit.sentences import plain_sentence
from qc.core.exceptions import InvalidInput, NotAllowed, NotFound
from qc.history.names import add_names
from qc.models import AuditEvent, Baseline, EventKind, Queue, User
from qc.reports.chart_points import ChartQuery
from qc.reports.control_charts import ChartKind
from qc.reports.span import Span
from tests.checked import checked
from tests.plans import give_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def query(invoices: Queue, anna: User) -> ChartQuery:
    """Torques of twenty days: 9 and 10 in turn."""
    give_plan(invoices, {"key": "torque", "kind": "number"})
    now = timezone.now()
    for n in range(20):
        checked(invoices, anna, {"torque": str(9 + n % 2)}, at=now - timedelta(days=20 - n))
    today = timezone.localdate()
    span = Span(today - timedelta(days=20), today, invoices.pk)
    return ChartQuery(ChartKind.INDIVIDUALS, span, "torque")


def sentences() -> list[str]:
    events = list(AuditEvent.objects.filter(kind=EventKind.BASELINE_FROZEN).order_by("pk"))
    for event in events:
        event.table = "event"
    add_names(events)
    return [plain_sentence(event) for event in events]


def test_baseline_has_the_values_of_the_days_it_was_frozen_from(
    query: ChartQuery, mona: User
) -> None:
    measure = baselines.measure(baselines.freeze(query, by=mona))
    assert (measure.centre, measure.spread) == pytest.approx((9.5, 1 / 1.128))


def test_what_comes_later_does_not_move_a_frozen_baseline(
    query: ChartQuery, mona: User, invoices: Queue, anna: User
) -> None:
    baselines.freeze(query, by=mona)
    checked(invoices, anna, {"torque": "99"})
    frozen = baselines.of(query)
    assert frozen is not None
    assert baselines.measure(frozen).centre == pytest.approx(9.5)


def test_each_baseline_is_in_the_trail_and_so_is_its_end(query: ChartQuery, mona: User) -> None:
    baselines.freeze(query, by=mona)
    baselines.freeze(query, by=mona)
    baselines.remove(query, by=mona)
    assert Baseline.objects.count() == 0
    frozen, again, removed = sentences()
    assert frozen == again
    assert frozen.startswith(
        "mona froze the baseline of “torque”, Single values (individuals chart) of Invoices: "
        "centre 9.5, spread 0.886525, from "
    )
    assert removed == (
        "mona removed the baseline of “torque”, Single values (individuals chart) of Invoices"
    )


def test_too_few_points_are_refused_with_their_number(query: ChartQuery, mona: User) -> None:
    few = ChartQuery(ChartKind.FAILED, Span(query.span.last, query.span.last, query.span.queue))
    with pytest.raises(InvalidInput, match="at least 20 points, these days have 0"):
        baselines.freeze(few, by=mona)
    assert not AuditEvent.objects.filter(kind=EventKind.BASELINE_FROZEN).exists()


def test_means_need_a_day_with_two_values(query: ChartQuery, mona: User) -> None:
    means = ChartQuery(ChartKind.MEANS, query.span, "torque")
    with pytest.raises(InvalidInput, match="No day has two values"):
        baselines.freeze(means, by=mona)


def test_groups_of_each_size_have_a_baseline_of_their_own(
    query: ChartQuery, mona: User, invoices: Queue, anna: User
) -> None:
    for n in range(20):
        checked(invoices, anna, {"torque": str(9 + n % 2)})
    pairs = ChartQuery(ChartKind.GROUPS, query.span, "torque", 2)
    measure = baselines.measure(baselines.freeze(pairs, by=mona))
    assert (measure.centre, measure.spread) == pytest.approx((9.5, 0.5**0.5))
    assert baselines.of(replace(pairs, size=3)) is None
    assert baselines.of(replace(pairs, kind=ChartKind.MEANS, size=0)) is None
    (words,) = sentences()
    assert "of “torque”, Means of each n checks (X-bar chart), n = 2 of Invoices" in words


def test_only_managers_freeze_and_remove(query: ChartQuery, otto: User) -> None:
    for act in (baselines.freeze, baselines.remove):
        with pytest.raises(NotAllowed):
            act(query, by=otto)


def test_baseline_that_is_gone_can_not_be_removed(query: ChartQuery, mona: User) -> None:
    with pytest.raises(NotFound):
        baselines.remove(query, by=mona)
