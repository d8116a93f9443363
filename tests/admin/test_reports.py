"""*Reports*: access, the table and its links, wrong queries, files, and what a report costs."""

import html
import json
import re
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from qc.models import Queue, Status, Task, User
from tests.admin.test_task_list_cost import TASKS, fill
from tests.databases import on_mariadb, on_sqlite
from tests.work.test_claim_cost import add_completed, rows_touched

pytestmark = pytest.mark.django_db

PAGE = "/admin/reports/"
CSV, XLSX = f"{PAGE}report.csv", f"{PAGE}report.xlsx"


# By index and by row, in each of five statements, and in the tables of which they make their ranks.
ROWS_READ_PER_TASK = 45


def today() -> dict[str, str]:
    return dict.fromkeys(("first", "last"), str(timezone.localdate()))


def text(client: Client, **query: Any) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def names(client: Client, **query: Any) -> list[str]:
    return [row.name for row in client.get(PAGE, query).context["table"].rows]


def rows_of(answer: Any) -> list[str]:
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


@pytest.fixture
def a_shift(invoices: Queue, labels: Queue, anna: User, ben: User) -> None:
    """Anna has done two and failed one of them, Ben three."""
    add_completed(anna, invoices, 2)
    add_completed(ben, labels, 3)
    failed = Task.objects.filter(assignee=anna).latest("pk").pk
    Task.objects.filter(pk=failed).update(outcome="failed")


class TestAccess:
    @pytest.mark.parametrize("address", [PAGE, CSV, XLSX])
    def test_only_managers_and_auditors_see_reports(
        self, address: str, client: Client, anna: User, mona: User, otto: User, sign_in_client: Any
    ) -> None:
        assert client.get(address).url.startswith("/admin/login/")
        assert sign_in_client(anna).get(address).status_code == 403
        for one in (mona, otto):
            assert sign_in_client(one).get(address).status_code == 200
        assert sign_in_client(mona).post(address).status_code == 405

    def test_menu_links_to_reports(self, mona_client: Client) -> None:
        page = mona_client.get("/admin/floor/").content.decode()
        assert f'href="{PAGE}"' in page


@pytest.mark.usefixtures("a_shift")
class TestPage:
    def test_default_report_is_the_last_seven_days_by_person(self, mona_client: Client) -> None:
        page = text(mona_client)
        assert "ben 3 0 0.0 %" in page
        assert "anna 2 1 50.0 %" in page
        assert "Total 5 1 20.0 %" in page

    def test_heading_sorts_and_then_sorts_the_other_way(self, mona_client: Client) -> None:
        table = mona_client.get(PAGE).context["table"]
        assert [row.name for row in table.rows] == ["ben", "anna"]
        done = table.headings[1]
        assert done.sorted == "descending"
        again = mona_client.get(PAGE + done.address).context["table"]
        assert [row.name for row in again.rows] == ["anna", "ben"]
        assert names(mona_client, sort="-share") == ["anna", "ben"]
        assert names(mona_client, sort="nonsense") == ["ben", "anna"]

    def test_report_is_filtered_by_queue_and_person(
        self, mona_client: Client, invoices: Queue, ben: User
    ) -> None:
        assert names(mona_client, queue=invoices.pk) == ["anna"]
        assert names(mona_client, by="queue", person=ben.pk) == ["Labels"]

    @pytest.mark.parametrize(("by", "done"), [("person", 3), ("queue", 3), ("day", 5)])
    def test_completed_count_links_to_the_tasks_counted(
        self, by: str, done: int, mona_client: Client
    ) -> None:
        table = mona_client.get(PAGE, {"by": by, "sort": "-done"}).context["table"]
        name, cells = table.lines[0]
        assert cells[0].text == str(done)
        listed = mona_client.get(cells[0].address).context["cl"]
        assert len(listed.result_list) == done
        assert mona_client.get(PAGE + name.address).context["table"].report.total.done == done

    def test_table_has_a_caption_and_the_chart_shows_the_same_rows(
        self, mona_client: Client
    ) -> None:
        page = mona_client.get(PAGE, {"by": "day"})
        html = page.content.decode()
        for part in ("<caption", 'scope="col" aria-sort="ascending"', 'scope="row"'):
            assert part in html
        passed, failed = page.context["table"].chart.series
        assert (passed["data"][-1], failed["data"][-1], len(passed["data"])) == (4, 1, 7)


def test_empty_report_says_what_will_stand_there_and_loads_no_chart(mona_client: Client) -> None:
    page = text(mona_client)
    assert "Once people complete tasks, their numbers stand here" in page
    assert "chart.js" not in page


class TestInvalidQueries:
    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"first": "yesterday"}, "Enter a date such as 2026-11-30."),
            ({"first": ""}, "Enter a date such as"),
            ({"first": "0001-01-01", "last": "0001-01-02"}, "Choose a date from 2000 on."),
            ({"first": "2026-01-02", "last": "2026-01-01"}, "must not be after the last"),
            ({"first": "9999-12-30", "last": "9999-12-31"}, "These days are in the future."),
            ({"first": "2020-01-01"}, "Please choose at most 366 days at once."),
            ({"queue": "99999"}, "There is no such queue."),
            ({"queue": "x"}, "There is no such queue."),
            ({"person": "x"}, "There is no such person."),
            ({"person": "9" * 30}, "There is no such person."),
            ({"by": "moon", "last": "9999-12-31"}, "Nothing was completed or given back"),
            ({"person": ""}, "Please choose other days"),
        ],
    )
    def test_page_says_what_is_wrong(
        self, params: dict[str, str], words: str, mona_client: Client
    ) -> None:
        assert words in text(mona_client, **params)

    def test_download_redirects_to_the_page_with_the_message(self, mona_client: Client) -> None:
        answer = mona_client.get(CSV, {"first": "2020-01-01"}, follow=True)
        assert "at most 366 days" in answer.content.decode()


@pytest.mark.usefixtures("a_shift")
class TestFiles:
    def test_csv_has_the_rows_of_the_page_in_plain_numbers(
        self, mona_client: Client, ben: User
    ) -> None:
        User.objects.filter(pk=ben.pk).update(username="=ben")
        moved = Task.objects.filter(assignee=ben)
        moved.update(created_at=timezone.now() - timedelta(hours=1))
        started = timezone.now() - timedelta(minutes=2)
        moved.update(assigned_at=started, started_at=started, completed_at=timezone.now())
        answer = mona_client.get(CSV, {"sort": "-done"})
        assert answer["Content-Disposition"].startswith('attachment; filename="report-person-')
        heading, first, *_rest, total = rows_of(answer)
        assert heading.startswith('Person,Completed,Failed,Failed share (%),"Handling, median (s)"')
        assert first.startswith("'=ben,3,0,0.0,120.0,120.0,3480.0,")
        assert total.startswith("Total,5,1,20.0,")

    def test_xlsx_has_dates_and_numbers_as_values(self, mona_client: Client) -> None:
        answer = mona_client.get(XLSX, {"by": "day", **today()})
        sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
        _heading, day, total = sheet.iter_rows(values_only=True)
        assert (str(day[0].date()), *day[1:4]) == (today()["first"], 5, 1, 20)
        assert total[:3] == ("Total", 5, 1)

    def test_json_has_dates_and_numbers_named_by_the_headings(self, mona_client: Client) -> None:
        answer: Any = mona_client.get(f"{PAGE}report.json", {"by": "day", **today()})
        day, total = json.loads(answer.getvalue())
        assert (day["Day"], day["Completed"], day["Failed share (%)"]) == (
            today()["first"],
            5,
            20.0,
        )
        assert total["Day"] == "Total"


class TestCost:
    def test_report_takes_as_many_queries_for_200_people_as_for_10(
        self, mona_client: Client, invoices: Queue, django_assert_num_queries: Any
    ) -> None:
        def work(numbers: range) -> None:
            now = timezone.now()
            moments = dict.fromkeys(("assigned_at", "started_at", "completed_at"), now)
            done = {"status": Status.COMPLETED, "outcome": "passed", "due_at": now, **moments}
            made = User.objects.bulk_create(User(username=f"qc{n}") for n in numbers)
            people = User.objects.filter(username__in=[one.username for one in made])
            Task.objects.bulk_create(
                Task(reference=f"W-{one.pk}", queue=invoices, assignee=one, **done)
                for one in people
            )

        def queries() -> int:
            with CaptureQueriesContext(connection) as queries:
                names(mona_client)
            return len(queries)

        work(range(10))
        names(mona_client)  # once a minute it is noted that the session is in use
        few = queries()
        work(range(10, 200))
        assert len(names(mona_client)) == 200
        assert queries() == few


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_report_reads_only_tasks_completed_in_its_days(mona: User, sign_in_client: Any) -> None:
    fill(TASKS)
    client = sign_in_client(mona)
    text(client)  # what is read once only
    day = str(timezone.localdate() - timedelta(days=6))
    for only in ({}, {"queue": 7}, {"person": 1007}):
        params = {"first": day, "last": day, **only}
        done = client.get(PAGE, params).context["table"].report.total.done
        read = rows_touched(partial(client.get, PAGE, params))
        assert done > 100, only
        assert read <= ROWS_READ_PER_TASK * done, (only, read)


@on_sqlite
def test_failed_tasks_of_a_supplier_are_three_clicks_from_the_floor(
    mona_client: Client, a_shift: None, anna: User
) -> None:
    failed = Task.objects.get(outcome="failed")
    Task.objects.filter(pk=failed.pk).update(details={"supplier": "Hansa & Co=1", "batch": "B2"})
    floor = mona_client.get("/admin/floor/").content.decode()
    reports = mona_client.get(PAGE).content.decode()
    assert f'href="{PAGE}"' in floor
    by_column = next(part for part in reports.split('href="') if part.startswith("?by=column"))
    report = mona_client.get(PAGE + html.unescape(by_column.split('"')[0]))
    assert report.context["form"].data["column"] == "supplier"
    row = next(one for one in report.content.decode().split("<tr>") if '"row">Hansa' in one)
    link = next(part for part in row.split('href="') if "outcome__exact=failed" in part)
    tasks = mona_client.get(html.unescape(link.split('"')[0])).context["cl"]
    assert list(tasks.result_list) == [failed]
