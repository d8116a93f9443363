"""/api/v1/reports/control/ and …/baselines/: the charts of the pages, as numbers."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.audit import baselines
from qc.models import Queue, User
from qc.reports.chart_points import ChartQuery
from qc.reports.control_charts import ChartKind
from qc.reports.span import Span
from tests.api.v1.clients import costs_the_same, get, names
from tests.checked import checked
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

CONTROL, BASELINES = "reports/control/", "reports/baselines/"


@pytest.fixture
def torques(invoices: Queue, anna: User) -> Span:
    """Torques of twenty days, 9 and 10 in turn; return these days."""
    give_plan(invoices, {"key": "torque", "kind": "number"}, {"key": "label"})
    now = timezone.now()
    for n in range(20):
        checked(invoices, anna, {"torque": str(9 + n % 2)}, at=now - timedelta(days=20 - n))
    today = timezone.localdate()
    return Span(today - timedelta(days=20), today, invoices.pk)


def freeze(span: Span, by: User, kind: ChartKind = ChartKind.INDIVIDUALS, size: int = 0) -> None:
    item = "torque" if kind.is_of_values else ""
    baselines.freeze(ChartQuery(kind, span, item, size), by=by)


def test_chart_without_a_baseline_has_points_and_no_limits(
    otto: User, torques: Span, invoices: Queue
) -> None:
    chart = get(otto, CONTROL, queue=invoices.pk, kind="individuals", item="torque")
    assert (chart["kind"], chart["item"], chart["size"]) == ("individuals", "torque", None)
    assert (chart["queue"], chart["baseline"]) == (invoices.pk, None)
    assert [one["value"] for one in chart["points"]] == [9, 10] * 10
    one = chart["points"][0]
    assert (one["at"][-1], one["n"], one["hits"]) == ("Z", 1, None)
    assert one["task"].startswith("C-")
    assert (one["lower"], one["upper"], one["rules"]) == (None, None, [])


def test_frozen_baseline_gives_limits_and_points_that_stand_out(
    otto: User, mona: User, anna: User, torques: Span, invoices: Queue
) -> None:
    freeze(torques, mona)
    checked(invoices, anna, {"torque": "14"})
    chart = get(otto, CONTROL, queue=invoices.pk, kind="individuals", item="torque")
    frozen = chart["baseline"]
    assert (frozen["centre"], frozen["points"], frozen["frozen_by"]) == (9.5, 20, "mona")
    *usual, last = chart["points"]
    assert (last["value"], last["rules"]) == (14, [1])
    assert last["lower"] < 9
    assert 10 < last["upper"] < 14
    assert {tuple(one["rules"]) for one in usual} == {()}
    assert last["upper"] - 9.5 == pytest.approx(3 * frozen["spread"])


def test_failures_are_shares_of_each_day_of_the_last_thirty(
    otto: User, torques: Span, invoices: Queue
) -> None:
    chart = get(otto, CONTROL, queue=invoices.pk)
    today = timezone.localdate()
    assert (chart["kind"], chart["first"]) == ("p", str(today - timedelta(days=29)))
    first = chart["points"][0]
    assert (first["at"], first["hits"], first["n"]) == (str(torques.first), 0, 1)
    assert (first["value"], first["task"]) == (0, None)
    assert get(otto, CONTROL, queue=invoices.pk, kind="u")["points"][0]["hits"] == 0


def test_means_of_each_n_checks_have_a_size(
    otto: User, mona: User, torques: Span, invoices: Queue
) -> None:
    params = {"queue": invoices.pk, "kind": "groups", "item": "torque"}
    assert [one["n"] for one in get(otto, CONTROL, **params)["points"]] == [5] * 4
    chart = get(otto, CONTROL, **params, size=2)
    assert (chart["size"], len(chart["points"])) == (2, 10)
    days = get(otto, CONTROL, **params | {"kind": "means"})
    assert (days["size"], len(days["points"])) == (None, 20)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"queue": ""}, "queue"),
        ({"queue": "0"}, "queue"),
        ({"kind": "pie"}, "kind"),
        ({"kind": "means"}, "item"),
        ({"kind": "means", "item": "label"}, "item"),
        ({"kind": "groups", "item": "torque", "size": "1"}, "size"),
        ({"kind": "groups", "item": "torque", "size": "11"}, "size"),
        ({"first": "2020-01-01"}, "first"),
        ({"person": "1"}, "person"),
    ],
)
def test_wrong_parameter_is_named(
    otto: User, torques: Span, invoices: Queue, wrong: dict[str, str], field: str
) -> None:
    errors = get(otto, CONTROL, 400, **{"queue": str(invoices.pk)} | wrong)["errors"]
    assert list(errors) == [field]


def test_refused_item_says_which_there_are(otto: User, torques: Span, invoices: Queue) -> None:
    errors = get(otto, CONTROL, 400, queue=invoices.pk, kind="means", item="gone")["errors"]
    message = "Name an item that asks for a number. Those of this queue are: torque."
    assert errors == {"item": [message]}


def test_baselines_are_listed_and_those_of_a_queue_found(
    otto: User, mona: User, torques: Span, invoices: Queue, labels: Queue
) -> None:
    assert get(otto, BASELINES) == {"results": [], "next": None}
    freeze(torques, mona)
    freeze(torques, mona, ChartKind.FAILED)
    listed = get(otto, BASELINES)
    assert names(listed, "kind") == ["individuals", "p"]
    one = listed["results"][0]
    assert (one["queue"], one["item"], one["size"]) == (invoices.pk, "torque", None)
    assert (one["since"][-1], one["points"]) == ("Z", 20)
    assert get(otto, BASELINES, queue="Invoices") == listed
    assert get(otto, BASELINES, queue="Labels")["results"] == []
    assert names(get(otto, BASELINES, limit=1, fields="kind"), "kind") == ["individuals"]


def test_baseline_of_groups_has_their_size(
    otto: User, mona: User, anna: User, torques: Span, invoices: Queue
) -> None:
    for n in range(20):
        checked(invoices, anna, {"torque": str(9 + n % 2)})
    freeze(torques, mona, ChartKind.GROUPS, size=2)
    [one] = get(otto, BASELINES)["results"]
    assert (one["kind"], one["size"]) == ("groups", 2)
    chart = get(otto, CONTROL, queue=invoices.pk, kind="groups", item="torque", size=2)
    assert chart["baseline"] == one


@pytest.mark.parametrize("path", [CONTROL, BASELINES])
def test_only_managers_and_auditors_read_them(
    anna: User, otto: User, mona: User, invoices: Queue, path: str
) -> None:
    refusal = get(anna, path, 403, queue=invoices.pk)
    assert refusal["detail"] == "Only a manager or an auditor may read this."
    for reader in (otto, mona):
        get(reader, path, queue=invoices.pk)


def test_both_cost_the_same_for_many(
    otto: User, mona: User, anna: User, torques: Span, invoices: Queue
) -> None:
    freeze(torques, mona)

    def more() -> None:
        for n in range(5):
            checked(invoices, anna, {"torque": str(9 + n % 2)})
        freeze(torques, mona, ChartKind.FAILED)

    def act() -> Any:
        params = {"queue": invoices.pk, "kind": "individuals", "item": "torque"}
        return get(otto, CONTROL, **params), get(otto, BASELINES)

    assert costs_the_same(act, more)
