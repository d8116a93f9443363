"""*Reports*: defects, control charts and answers on their pages, and as files."""

import csv
import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from qc.models import AuditEvent, EventKind, Queue, User
from tests.checked import checked, code
from tests.plans import give_plan

pytestmark = pytest.mark.django_db

DEFECTS = "/admin/reports/defects/"
CONTROL = "/admin/reports/control/"
ANSWERS = "/admin/reports/answers/"
PAGES = [DEFECTS, CONTROL, ANSWERS]


def table_of(client: Client, address: str) -> list[list[str]]:
    """Return the rows of a CSV file."""
    return list(csv.reader(content(client.get(address)).splitlines()))


def content(answer: Any) -> str:
    assert answer.status_code == 200
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(whole.decode("utf-8-sig"))


@pytest.fixture
def a_week(invoices: Queue, labels: Queue, anna: User, ben: User) -> None:
    """Scratches three times as often as dents, most of them from Abel; two fine checks."""
    code("SCR", severity=3, group="Surface")
    code("DNT", severity=1, group="Shape")
    give_plan(
        invoices,
        {"key": "label", "question": "Label is readable"},
        {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "unit": "Nm"},
    )
    abel, burt = ({"supplier": name, "no": "=1+1"} for name in ("Abel", "Burt"))
    fine, bad = {"label": "ok", "torque": "9"}, {"label": "not_ok", "torque": "11"}
    counted = {"inspected": 50, "rejected": 3}
    checked(invoices, anna, bad, defects=[("SCR", 5), ("DNT", 1)], details=abel, **counted)
    checked(invoices, ben, bad, defects=[("SCR", 1), ("DNT", 1)], details=burt)
    checked(invoices, anna, fine, details=abel)
    checked(labels, ben)


class TestAccess:
    @pytest.mark.parametrize("page", PAGES)
    def test_only_managers_and_auditors_see_the_pages(
        self, page: str, anna: User, mona: User, otto: User, sign_in_client: Any
    ) -> None:
        assert sign_in_client(anna).get(page).status_code == 403
        for one in (mona, otto):
            assert sign_in_client(one).get(page).status_code == 200

    @pytest.mark.parametrize("page", ["/admin/reports/", *PAGES])
    def test_each_page_links_to_the_others(self, page: str, mona_client: Client) -> None:
        html = content(mona_client.get(page))
        for other in ("/admin/reports/", *PAGES):
            assert f'href="{other}"' in html


class TestEmptyPages:
    def test_defects_say_what_will_stand_there(self, mona_client: Client) -> None:
        assert "Once checks find defects" in content(mona_client.get(DEFECTS))

    def test_charts_say_what_will_stand_there(self, mona_client: Client, invoices: Queue) -> None:
        assert "Once something is, its points stand here" in content(mona_client.get(CONTROL))
        values = content(mona_client.get(CONTROL, {"kind": "means"}))
        assert "no item that asks for a number" in values

    def test_answers_say_what_will_stand_there(self, mona_client: Client, invoices: Queue) -> None:
        assert "Nothing was answered in these days." in content(mona_client.get(ANSWERS))

    @pytest.mark.parametrize("page", PAGES)
    def test_pages_open_where_there_is_no_queue_at_all(
        self, page: str, mona_client: Client
    ) -> None:
        assert mona_client.get(page).status_code == 200


@pytest.mark.usefixtures("a_week")
class TestDefects:
    @pytest.mark.parametrize(
        ("by", "rows"),
        [
            ("code", [("SCR Scr", 6), ("DNT Dnt", 2)]),
            ("group", [("Surface", 6), ("Shape", 2)]),
            ("severity", [("minor", 6), ("critical", 2)]),
            ("queue", [("Invoices", 8)]),
            ("person", [("anna", 6), ("ben", 2)]),
            ("column", [("Abel", 6), ("Burt", 2)]),
        ],
    )
    def test_defects_are_counted_most_frequent_first(
        self, by: str, rows: list[Any], mona_client: Client
    ) -> None:
        table = mona_client.get(DEFECTS, {"by": by}).context["table"]
        assert [(row.name, row.quantity) for row in table.pareto.rows] == rows
        bars, line = table.chart.series
        assert bars["data"] == [n for _name, n in rows]
        assert line["data"][-1] == 100

    def test_any_column_of_the_sender_can_be_chosen(self, mona_client: Client) -> None:
        answer = mona_client.get(DEFECTS, {"by": "column", "column": "no"})
        assert [row.name for row in answer.context["table"].pareto.rows] == ["=1+1"]
        assert '<option value="supplier"' in content(answer)

    @pytest.mark.parametrize("column", ["gone", 'a"b', "a'b", "%s", "$.x[0]"])
    def test_column_that_no_task_has_counts_as_none(self, column: str, mona_client: Client) -> None:
        table = mona_client.get(DEFECTS, {"by": "column", "column": column}).context["table"]
        assert [(row.name, row.quantity) for row in table.pareto.rows] == [("none", 8)]

    def test_filters_narrow_what_is_counted(self, mona_client: Client, labels: Queue) -> None:
        critical = mona_client.get(DEFECTS, {"severity": 1}).context["table"]
        assert critical.pareto.total == 2
        assert "No defects were found" in content(mona_client.get(DEFECTS, {"queue": labels.pk}))
        yesterday = str(timezone.localdate() - timedelta(days=1))
        before = mona_client.get(DEFECTS, {"first": yesterday, "last": yesterday})
        assert "No defects were found" in content(before)

    @pytest.mark.parametrize(
        "params", [{"severity": "x"}, {"queue": "99"}, {"first": "x"}, {"first": "2020-01-01"}]
    )
    def test_wrong_filters_are_named_and_files_lead_back(
        self, params: dict[str, str], mona_client: Client
    ) -> None:
        assert "Please fix the marked field" in content(mona_client.get(DEFECTS, params))
        assert mona_client.get("/admin/reports/defects.csv", params).status_code == 302

    def test_rates_are_shown_with_what_they_count(self, mona_client: Client) -> None:
        rows = [tuple(rate) for rate in mona_client.get(DEFECTS).context["rates"]]
        assert rows == [
            ("First-pass yield", "50.00 %", "2 of 4", "15.00 % – 85.00 %"),
            ("Rework share", "0.00 %", "0 of 4", "0.00 % – 48.99 %"),
            ("Rejected", "60,000 per million", "3 of 50", "2.06 % – 16.22 %"),
        ]

    def test_rare_kinds_are_added_up_as_others(
        self, mona_client: Client, invoices: Queue, anna: User
    ) -> None:
        checked(invoices, anna, defects=[(f"X{n}", 1) for n in range(31)])
        table = mona_client.get(DEFECTS).context["table"]
        assert len(table.pareto.rows) == 30
        assert table.others[0] == "3"
        rows = table_of(mona_client, "/admin/reports/defects.csv")
        assert rows[-1][:2] == ["others", "3"]

    def test_files_have_what_the_page_has(self, mona_client: Client) -> None:
        found = json.loads(content(mona_client.get("/admin/reports/defects.json")))
        assert found[0]["Code"] == "SCR Scr"
        assert (found[0]["Defects"], found[1]["Cumulative share"]) == (6, 100.0)
        rates = table_of(mona_client, "/admin/reports/rates.csv")
        assert rates[3][:3] == ["Rejected", "3", "50"]


@pytest.mark.usefixtures("a_week")
class TestAnswers:
    def test_each_item_stands_there_with_its_answers(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        lines = dict(mona_client.get(ANSWERS).context["lines"])
        assert lines["Label is readable"][:4] == ["3", "2", "66.7 %", "20.77 % – 93.85 %"]
        assert lines["Torque"][-3:] == ["9.0 Nm", "10.3 Nm", "11.0 Nm"]

    def test_table_has_a_row_for_each_check_and_a_column_for_each_item(
        self, mona_client: Client
    ) -> None:
        header, *lines = table_of(mona_client, "/admin/reports/answers.csv")
        rows = [dict(zip(header, line, strict=True)) for line in lines]
        assert [row["torque"] for row in rows] == ["11", "11", "9"]
        first = rows[0]
        assert (first["person"], first["outcome"], first["rejected"]) == ("anna", "failed", "3")
        assert first["defects"] == "5 × SCR (minor); 1 × DNT (critical)"

    def test_columns_are_those_of_all_versions_that_were_used(
        self, mona_client: Client, invoices: Queue, anna: User
    ) -> None:
        give_plan(invoices, {"key": "box"})
        checked(invoices, anna, {"box": "ok"})
        header, *rows = table_of(mona_client, "/admin/reports/answers.csv")
        assert header[-3:] == ["box", "label", "torque"]
        assert [row[-3:] for row in rows] == [
            ["", "not_ok", "11"],
            ["", "not_ok", "11"],
            ["", "ok", "9"],
            ["ok", "", ""],
        ]

    def test_json_has_all_that_was_found(self, mona_client: Client) -> None:
        first = json.loads(content(mona_client.get("/admin/reports/answers.json")))[0]
        assert first["answers"]["torque"] == {"value": "11", "verdict": "not_ok"}
        assert first["defects"][0]["quantity"] == 5
        assert (first["plan_version"], first["outcome"]) == (1, "failed")

    def test_answers_that_look_like_formulas_are_written_as_text(
        self, mona_client: Client, invoices: Queue, anna: User
    ) -> None:
        give_plan(invoices, {"key": "remark", "kind": "text"})
        checked(invoices, anna, {"remark": "=1+1"})
        assert "'=1+1" in content(mona_client.get("/admin/reports/answers.csv"))
        answer = mona_client.get("/admin/reports/answers.xlsx")
        book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        row = list(book.active.iter_rows(values_only=True))[-1]
        assert "'=1+1" in row

    def test_export_is_in_the_audit_trail(self, mona_client: Client, mona: User) -> None:
        content(mona_client.get("/admin/reports/answers.json"))
        event = AuditEvent.objects.get(kind=EventKind.EXPORTED)
        assert (event.history_user, event.details["rows"]) == (mona, 3)
        assert event.details["filters"]["queue"] == "Invoices"

    def test_statements_do_not_grow_with_checks(
        self, mona_client: Client, invoices: Queue, anna: User
    ) -> None:
        def statements(address: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                content(mona_client.get(address))
            return len(captured)

        addresses = [*PAGES, "/admin/reports/answers.json", "/admin/reports/answers.csv"]
        # The versions of plans are read once by a process.
        few = [statements(address) for address in addresses for _twice in range(2)][1::2]
        for _n in range(10):
            checked(invoices, anna, {"label": "ok", "torque": "9"}, defects=[("SCR", 1)])
        assert [statements(address) for address in addresses] == few


class TestControlCharts:
    @pytest.fixture
    def torques(self, invoices: Queue, anna: User) -> dict[str, str]:
        """Torques of twenty days, 9 and 10 in turn; return the parameters of their chart."""
        give_plan(invoices, {"key": "torque", "kind": "number"})
        now = timezone.now()
        for n in range(20):
            checked(invoices, anna, {"torque": str(9 + n % 2)}, at=now - timedelta(days=20 - n))
        first = str(timezone.localdate() - timedelta(days=20))
        return {"kind": "individuals", "item": "torque", "queue": str(invoices.pk), "first": first}

    def test_manager_freezes_a_baseline_and_the_chart_has_limits(
        self, torques: dict[str, str], mona_client: Client, invoices: Queue, anna: User
    ) -> None:
        assert "None is frozen" in content(mona_client.get(CONTROL, torques))
        answer = mona_client.post(f"{CONTROL}freeze/", torques, follow=True)
        assert "The baseline was frozen." in content(answer)
        checked(invoices, anna, {"torque": "14"})
        table = mona_client.get(CONTROL, torques).context["table"]
        assert [row[0] for row in table.rows] == [False] * 20 + [True]
        assert "beyond 3σ" in table.rows[-1][2]
        mark = table.chart.series[0]
        assert (mark["label"], mark["data"]) == ("beyond 3σ", [None] * 20 + [14])
        answer = mona_client.post(f"{CONTROL}remove/", torques, follow=True)
        assert "None is frozen" in content(answer)

    def test_refusal_to_freeze_is_shown_in_words(
        self, torques: dict[str, str], mona_client: Client
    ) -> None:
        few = torques | {"first": str(timezone.localdate() - timedelta(days=3))}
        answer = mona_client.post(f"{CONTROL}freeze/", few, follow=True)
        assert "A baseline needs at least 20 points, these days have 3." in content(answer)
        answer = mona_client.post(f"{CONTROL}remove/", few, follow=True)
        assert "There is no baseline any more." in content(answer)

    def test_auditor_sees_the_chart_and_can_not_freeze(
        self, torques: dict[str, str], otto: User, sign_in_client: Any
    ) -> None:
        client = sign_in_client(otto)
        assert "Freeze these days" not in content(client.get(CONTROL, torques))
        assert client.post(f"{CONTROL}freeze/", torques).status_code == 403

    @pytest.mark.parametrize("kind", ["p", "u", "individuals", "means"])
    def test_every_chart_has_its_points_in_a_table_and_in_files(
        self, kind: str, torques: dict[str, str], mona_client: Client
    ) -> None:
        params = torques | {"kind": kind}
        table = mona_client.get(CONTROL, params).context["table"]
        assert len(table.rows) == len(table.chart.labels) == 20
        found = json.loads(content(mona_client.get("/admin/reports/control.json", params)))
        assert len(found) == 20
        for ending in ("csv", "xlsx"):
            answer = mona_client.get(f"/admin/reports/control.{ending}", params)
            assert answer.status_code == 200

    def test_means_of_each_n_checks_have_a_baseline_for_each_n(
        self, torques: dict[str, str], mona_client: Client
    ) -> None:
        groups = torques | {"kind": "groups", "size": "2"}
        table = mona_client.get(CONTROL, groups).context["table"]
        assert (len(table.rows), table.title) == (
            10,
            "Torque: Means of each n checks (X-bar chart), n = 2",
        )
        assert "these days have 10." in content(
            mona_client.post(f"{CONTROL}freeze/", groups, follow=True)
        )
        for size in ("1", "11", "many", ""):
            answer = mona_client.get(CONTROL, groups | {"size": size})
            assert answer.context["table"].query.size == 5

    def test_unknown_item_falls_back_to_the_first(
        self, torques: dict[str, str], mona_client: Client
    ) -> None:
        answer = mona_client.get(CONTROL, torques | {"item": "gone"})
        assert answer.context["table"].query.item == "torque"
