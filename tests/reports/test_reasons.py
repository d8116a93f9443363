"""Reports count why tasks were given back, by the reasons of the queues' lists."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.models import Queue, Task, User
from qc.reports.report import Grouping, Report, ReportQuery, report
from qc.work import actions, lifecycle
from qc.work.hand_back_reasons import joined

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def today(by: str = "person", **options: Any) -> Report:
    day = timezone.localdate()
    return report(ReportQuery(Grouping(by), day, day, **options))


@pytest.fixture
def given_back(invoices: Queue, labels: Queue, anna: User, carla: User, add_task: AddTask) -> None:
    """Anna gives four tasks back, Carla one."""
    Queue.objects.filter(pk=invoices.pk).update(hand_back_reasons="Damaged\nDamaged: box\nOld")
    Queue.objects.filter(pk=labels.pk).update(hand_back_reasons="Damaged\nSmudged")
    words = [(anna, invoices, "Damaged", ""), (anna, invoices, "Damaged", "corner")]
    words += [(anna, invoices, "Damaged: box", "wet"), (anna, invoices, "", "too heavy")]
    for who, queue, chosen, more in [*words, (carla, labels, "Smudged", "")]:
        queue.refresh_from_db()
        task = add_task(queue)
        actions.sign_in(who.pk)
        lifecycle.release(task.pk, by=who, reason=joined(queue, chosen, more))
        actions.sign_out(who.pk, by=who, reason="done")


@pytest.mark.usefixtures("given_back")
class TestCounts:
    def test_chosen_reasons_are_counted_and_others_are_one(self) -> None:
        expected = {"Damaged": 2, "Damaged: box": 1, "Smudged": 1, "other reasons": 1}
        assert today().total.reasons == expected
        assert sum(expected.values()) == today().total.released

    def test_what_a_manager_took_back_has_no_reason_from_the_list(
        self, invoices: Queue, anna: User, mona: User, add_task: AddTask
    ) -> None:
        before = today().total
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        lifecycle.release(task.pk, by=mona, reason="Anna is needed elsewhere")
        after = today().total
        assert (after.released, after.reasons) == (before.released + 1, before.reasons)

    def test_each_row_has_its_own(self, carla: User, invoices: Queue) -> None:
        by_person = {row.name: row.reasons for row in today().rows}
        assert by_person["carla"] == {"Smudged": 1}
        by_queue = {row.name: row.reasons for row in today("queue").rows}
        assert by_queue["Labels"] == {"Smudged": 1}
        (day,) = today("day").rows
        assert day.reasons["Damaged"] == 2

    def test_filters_apply(self, invoices: Queue, labels: Queue, carla: User) -> None:
        assert today(person=carla.pk).total.reasons == {"Smudged": 1}
        assert today(queue=labels.pk).total.reasons == {"Smudged": 1}

    def test_page_and_files_show_them(self, mona: User) -> None:
        client = Client()
        client.force_login(mona)
        page = client.get(reverse("admin:reports")).content.decode()
        table = page.split("Reasons for giving back")[1]
        cells = [table.index(one) for one in ("Damaged", "Smudged", "other reasons")]
        assert cells == sorted(cells)
        answer = client.get(reverse("admin:reports_csv"))
        head, *rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
        assert head.endswith(
            "Given back: Damaged,Given back: Damaged: box,Given back: Smudged,"
            "Given back: other reasons"
        )
        assert rows[-1].endswith(",2,1,1,1")

    def test_they_cost_one_statement(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            today()
        with_list = len(queries)
        Queue.objects.update(hand_back_reasons="")
        with CaptureQueriesContext(connection) as queries:
            assert today().total.reasons == {}
        assert with_list == len(queries) + 1
