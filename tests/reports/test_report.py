"""Reports: what was completed, how long it took and had waited, and what was given back."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from qc.exports import formats
from qc.models import Queue, Status, Task, User
from qc.reports import report as reports
from qc.reports.percentiles import Times
from qc.reports.report import Grouping, Report, ReportQuery
from qc.work import actions, lifecycle
from tests.conftest import person
from tests.work.test_claim_cost import add_completed, fill

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = NOON.date()


@pytest.fixture
def in_berlin() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


@pytest.fixture
def done(add_task: AddTask) -> Callable[..., Task]:
    """Make a completed task that took so many seconds, and had waited twice as long."""

    def make(
        queue: Queue, by: User, took: float = 60, *, at: datetime = NOON, **columns: Any
    ) -> Task:
        task = add_task(queue)
        started = at - timedelta(seconds=took)
        defaults = {
            "status": Status.COMPLETED,
            "assignee": by,
            "outcome": "passed",
            "created_at": started - timedelta(seconds=2 * took),
            "assigned_at": started,
            "started_at": started,
            "completed_at": at,
        }
        Task.objects.filter(pk=task.pk).update(**defaults | columns)
        return task

    return make


def report(by: str = "person", first: date = DAY, last: date = DAY, **options: Any) -> Report:
    most = options.pop("most", reports.MOST_RANKED)
    return reports.report(ReportQuery(Grouping(by), first, last, **options), most=most)


def seconds(times: Times) -> tuple[float | None, float | None]:
    return tuple(n and n.total_seconds() for n in times[:2])  # type: ignore[return-value]


class TestTimes:
    @pytest.mark.parametrize(
        ("took", "median", "ninety"),
        [
            ([7], 7, 7),
            ([1, 2], 1.5, 2),
            ([9, 1, 2], 2, 9),
            ([4, 1, 3, 2], 2.5, 4),
            (range(1, 11), 5.5, 9),
            (range(1, 12), 6, 10),
            ([5, 5, 5, 5], 5, 5),
        ],
    )
    def test_median_and_90th_percentile(
        self, took: Any, median: float, ninety: float, done: Any, invoices: Queue, anna: User
    ) -> None:
        for n in took:
            done(invoices, anna, n)
        figures = report()
        for row in (*figures.rows, figures.total):
            assert seconds(row.handling) == (median, ninety)
            assert seconds(row.waiting) == (2 * median, 2 * ninety)

    def test_rows_are_per_person_and_the_total_of_all(
        self, done: Any, invoices: Queue, anna: User, ben: User
    ) -> None:
        for n in (10, 20, 30):
            done(invoices, anna, n)
        done(invoices, ben, 100, outcome="failed")
        figures = report()
        assert {row.name: (row.done, row.failed) for row in figures.rows} == {
            "anna": (3, 0),
            "ben": (1, 1),
        }
        assert [seconds(row.handling)[0] for row in figures.rows] == [20, 100]
        assert seconds(figures.total.handling) == (25, 100)
        assert (figures.total.done, figures.total.failed_share) == (4, 0.25)

    def test_report_without_tasks_is_empty(self, anna: User) -> None:
        figures = report()
        assert figures.is_empty
        assert (figures.rows, figures.total.handling) == ([], Times())
        assert figures.total.failed_share is None

    def test_many_tasks_are_counted_in_full_and_timed_by_sample(
        self, done: Any, invoices: Queue, anna: User
    ) -> None:
        for n in range(60):
            done(invoices, anna, 100 + n)
        figures = report(most=20)
        assert figures.total.done == 60
        assert 15 <= figures.total.handling.number <= 25
        assert figures.is_sampled
        assert figures.total.handling.median
        # Spread evenly: the middle of the sample is near the middle of all.
        assert 120 <= figures.total.handling.median.total_seconds() <= 140
        assert not report(most=60).is_sampled


class TestQuery:
    def test_grouping_by_queue_and_filtering_by_queue_or_person(
        self, done: Any, invoices: Queue, labels: Queue, anna: User, ben: User
    ) -> None:
        done(invoices, anna)
        done(labels, anna)
        done(labels, ben)
        assert {row.name: row.done for row in report("queue").rows} == {"Invoices": 1, "Labels": 2}
        assert {row.name for row in report(queue=invoices.pk).rows} == {"anna"}
        assert {row.name for row in report("queue", person=ben.pk).rows} == {"Labels"}

    def test_tasks_given_back_count_against_their_holder(
        self, invoices: Queue, labels: Queue, anna: User, mona: User, add_task: AddTask
    ) -> None:
        today = timezone.localdate()
        add_task(invoices)
        actions.sign_in(anna.pk)
        task = Task.objects.get(assignee=anna)
        lifecycle.release(task.pk, by=mona, reason="not hers")
        actions.assign(task.pk, anna.pk, by=mona, reason="hers after all")
        actions.sign_out(anna.pk, by=None, reason="gone home")
        for by, key in (("person", anna.pk), ("queue", invoices.pk), ("day", today)):
            figures = report(by, today, today)
            assert [(row.key, row.released, row.returned) for row in figures.rows] == [(key, 1, 1)]
            assert (figures.total.done, figures.total.released, figures.total.returned) == (0, 1, 1)
        assert report(first=today, last=today, queue=labels.pk).is_empty
        assert report(first=today, last=today, person=mona.pk).is_empty


@pytest.mark.usefixtures("in_berlin")
class TestDays:
    def days(self, first: date, last: date) -> dict[date, int]:
        return {row.key: row.done for row in report("day", first, last).rows}  # type: ignore[misc]

    def test_day_begins_and_ends_at_local_midnight(
        self, done: Any, invoices: Queue, anna: User
    ) -> None:
        done(invoices, anna, at=datetime(2026, 3, 3, 22, 59, 59, tzinfo=UTC))
        done(invoices, anna, at=datetime(2026, 3, 3, 23, 0, tzinfo=UTC))
        done(invoices, anna, at=datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC))
        done(invoices, anna, at=datetime(2026, 3, 4, 23, 0, tzinfo=UTC))
        assert self.days(DAY, DAY) == {DAY: 2}

    def test_days_without_work_have_rows(self, done: Any, invoices: Queue, anna: User) -> None:
        done(invoices, anna)
        assert list(self.days(DAY - timedelta(days=2), DAY).values()) == [0, 0, 1]

    @pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
    def test_day_of_a_clock_change_is_whole(
        self, day: date, done: Any, invoices: Queue, anna: User
    ) -> None:
        zone = timezone.get_current_timezone()
        before, after = day - timedelta(days=2), day + timedelta(days=2)
        for n in range(5):
            for hour, minute in ((0, 0), (2, 30), (23, 59)):
                one = before + timedelta(days=n)
                at = datetime(one.year, one.month, one.day, hour, minute, tzinfo=zone)
                done(invoices, anna, at=at)
        assert list(self.days(before, after).values()) == [3] * 5


@pytest.mark.parametrize("by", Grouping.values)
def test_queries_do_not_grow_with_people(by: str, invoices: Queue, anna: User, ben: User) -> None:
    today = timezone.localdate()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            report(by, today, today)
        return len(captured)

    def work(*people: User) -> None:
        moments = dict.fromkeys(("assigned_at", "started_at", "completed_at"), timezone.now())
        for one in people:
            fill(invoices, 1, status=Status.COMPLETED, assignee=one, outcome="passed", **moments)

    work(anna, ben)
    few = queries()
    work(*(person(f"qc{n}") for n in range(20)))
    assert queries() == few <= 7


class TestExports:
    ROWS = (("name", "done"), ("=SUM(A1)", 3), ('Mülle", r', None))

    def test_csv_has_a_bom_and_disarms_formulas(self) -> None:
        lines = list(formats.csv_lines(self.ROWS))
        text = b"".join(lines).decode("utf-8-sig")
        assert lines[0] == b"\xef\xbb\xbf"
        assert text.splitlines() == ["name,done", "'=SUM(A1),3", '"Mülle"", r",']

    def test_xlsx_keeps_numbers_and_disarms_formulas(self) -> None:
        with formats.xlsx_file(self.ROWS) as file:
            sheet = load_workbook(file).active
            cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert cells == [["name", "done"], ["'=SUM(A1)", 3], ['Mülle", r', None]]


def test_report_by_a_column_of_the_sender_counts_its_values(
    anna: User, invoices: Queue, monkeypatch: Any
) -> None:
    add_completed(anna, invoices, 6)
    tasks = list(Task.objects.order_by("pk"))
    for task, supplier in zip(tasks, ["Acme", "Acme", "Acme", "Nord", "2026-11-27"], strict=False):
        Task.objects.filter(pk=task.pk).update(details={"supplier": supplier, "n": 7})
    Task.objects.filter(pk=tasks[0].pk).update(outcome="failed")
    day = timezone.localdate()
    query = ReportQuery(Grouping.COLUMN, day, day, column="supplier")
    assert reports.columns(query) == ["supplier", "n"]
    rows = {row.name: (row.done, row.failed) for row in reports.report(query).rows}
    assert rows == {"Acme": (3, 1), "Nord": (1, 0), "2026-11-27": (1, 0), "none": (1, 0)}
    monkeypatch.setattr(reports, "MOST_ROWS", 1)
    found = reports.report(query)
    assert ([row.name for row in found.rows], found.left_out) == (["Acme"], 3)
    assert found.total.done == 6
