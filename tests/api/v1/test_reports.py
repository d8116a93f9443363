"""/api/v1/reports/: the figures of the pages, as numbers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from qc.checks.check_input import CheckInput, FoundDefect
from qc.models import DefectCode, Queue, Task, User
from qc.work import actions, presence
from tests.api.v1.clients import costs_the_same, get
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
PATHS = ("work", "rates", "defects", "answers")


@pytest.fixture
def done(anna: User, invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two tasks that Anna completed, the second one failed with three scratches."""
    give_plan(invoices, {"key": "label", "critical": True})
    DefectCode.objects.create(code="SCR", name="Scratch", group="Surface")
    tasks = [add_task(invoices, details={"supplier": name}) for name in ("Adler", "Buche")]
    presence.sign_in(anna.pk)
    for task, body in zip(tasks, ({"label": "ok"}, {"label": "not_ok"}), strict=True):
        complete(anna, task, body)
    return tasks


def complete(anna: User, task: Task, given: dict[str, str]) -> None:
    actions.hand_out_to(anna.pk)
    bad = (FoundDefect("SCR", quantity=3),) if "not_ok" in given.values() else ()
    check = CheckInput(given, bad)
    outcome = "failed" if bad else "passed"
    actions.complete(task.pk, by=anna, outcome=outcome, check=check)


def test_work_is_counted_by_person_with_times(otto: User, anna: User, done: list[Task]) -> None:
    report = get(otto, "reports/work/")
    [row] = report["rows"]
    assert (row["key"], row["name"], row["done"], row["failed_share"]) == (anna.pk, "anna", 2, 0.5)
    assert row["handling"]["number"] == 2
    assert row["handling"]["ninety"] >= row["handling"]["median"] >= 0
    assert (report["total"]["failed"], report["is_sampled"]) == (1, False)
    today = str(timezone.localdate())
    assert (report["last"], report["by"], report["queue"]) == (today, "person", None)


def test_work_is_counted_by_day_queue_and_column(
    otto: User, done: list[Task], invoices: Queue
) -> None:
    days = get(otto, "reports/work/", by="day")["rows"]
    assert ([row["done"] for row in days], len(days)) == ([0] * 6 + [2], 7)
    assert days[-1]["key"] == str(timezone.localdate())
    [queue] = get(otto, "reports/work/", by="queue", queue=invoices.pk)["rows"]
    assert (queue["key"], queue["name"]) == (invoices.pk, "Invoices")
    rows = get(otto, "reports/work/", by="column", column="supplier")["rows"]
    assert {row["key"]: row["done"] for row in rows} == {"Adler": 1, "Buche": 1}


def test_rates_defects_and_answers_are_those_of_the_pages(
    otto: User, done: list[Task], invoices: Queue
) -> None:
    rates = get(otto, "reports/rates/")
    assert (rates["first_pass"]["hits"], rates["first_pass"]["cases"]) == (1, 2)
    assert rates["first_pass"]["low"] < 0.5 < rates["first_pass"]["high"]
    pareto = get(otto, "reports/defects/", by="group")
    [row] = pareto["rows"]
    assert (row["key"], row["quantity"], row["share"]) == ("Surface", 3, 1.0)
    assert (pareto["total"], pareto["others"]) == (3, 0)
    [item] = get(otto, "reports/answers/", queue=invoices.pk)["rows"]
    assert (item["item"], item["answers"], item["not_ok"]["share"]) == ("label", 2, 0.5)


def test_reports_of_nothing_have_no_shares(otto: User, invoices: Queue) -> None:
    assert get(otto, "reports/work/")["rows"] == []
    assert get(otto, "reports/rates/")["rejected"]["share"] is None
    assert get(otto, "reports/defects/")["rows"] == []
    assert get(otto, "reports/answers/", queue=invoices.pk)["rows"] == []


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        ("work", {"first": "yesterday"}, "first"),
        ("work", {"first": "2020-01-01"}, "first"),
        ("rates", {"first": "2026-02-02", "last": "2026-02-01"}, "first"),
        ("rates", {"queue": "0"}, "queue"),
        ("work", {"by": "moon"}, "by"),
        ("work", {"by": "column"}, "column"),
        ("work", {"person": "999"}, "person"),
        ("defects", {"severity": "9"}, "severity"),
        ("answers", {}, "queue"),
        ("rates", {"person": "1"}, "person"),
    ],
)
def test_wrong_parameter_is_named(otto: User, path: str, wrong: Any, field: str) -> None:
    assert list(get(otto, f"reports/{path}/", 400, **wrong)["errors"]) == [field]


@pytest.mark.parametrize("path", PATHS)
def test_staff_read_no_reports(anna: User, path: str) -> None:
    refusal = get(anna, f"reports/{path}/", 403)
    assert refusal["detail"] == "Only a manager or an auditor may read this."


def test_report_costs_the_same_for_many(
    otto: User, anna: User, done: list[Task], invoices: Queue, add_task: AddTask
) -> None:
    def more() -> None:
        for _time in range(4):
            complete(anna, add_task(invoices), {"label": "ok"})

    assert costs_the_same(lambda: get(otto, "reports/work/"), more)
