"""The check of a task on its page, and its record to print."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from qc.audit.seals import sealing
from qc.models import AuditEvent, DefectCode, EventKind, Evidence, Queue, Task, User
from tests.checked import checked
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture
def task(invoices: Queue, anna: User) -> Task:
    """A check by a plan with a section, two defects, quantities and a file."""
    give_plan(
        invoices,
        {"key": "label", "question": "Label is readable", "section": "Packaging"},
        {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "unit": "Nm"},
    )
    return checked(
        invoices,
        anna,
        {"label": "ok", "torque": "11.2"},
        defects=[("SCR", 3, "torque", "<b>deep</b>"), ("DNT",)],
        files=[{"id": 7, "sha256": "ab" * 32, "name": "screw.jpg", "item": "torque"}],
        lot_size=500,
        inspected=50,
        rejected=4,
        details={"supplier": "Abel"},
    )


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def change(task: Task) -> str:
    return f"/admin/qc/task/{task.pk}/change/"


def record(task: Task) -> str:
    return f"/admin/qc/task/{task.pk}/print/"


@pytest.mark.parametrize("address", [change, record])
class TestCheck:
    def test_every_answer_stands_with_value_limits_and_verdict(
        self, address: Callable[[Task], str], task: Task, mona_client: Client
    ) -> None:
        page = words(mona_client, address(task))
        assert "Check plan version 1 · Lot size: 500 · Inspected: 50 · Rejected: 4" in page
        assert "Label is readable OK OK" in page
        assert "Torque 11.2 Nm 8–10 not OK" in page

    def test_defects_stand_with_name_severity_and_place(
        self, address: Callable[[Task], str], task: Task, mona_client: Client
    ) -> None:
        DefectCode.objects.filter(code="SCR").update(name="Scratch")
        page = words(mona_client, address(task))
        assert "SCR Scratch major 3 Torque &lt;b&gt;deep&lt;/b&gt;" in page
        assert "DNT Dnt major 1" in page

    def test_files_stand_with_their_digest_even_when_they_are_gone(
        self, address: Callable[[Task], str], task: Task, mona_client: Client
    ) -> None:
        assert f"screw.jpg Torque {'ab' * 32}" in words(mona_client, address(task))

    def test_old_check_keeps_the_questions_of_its_version(
        self, address: Callable[[Task], str], task: Task, mona_client: Client, invoices: Queue
    ) -> None:
        give_plan(invoices, {"key": "label", "question": "Quite another"})
        page = words(mona_client, address(task))
        assert "Label is readable" in page
        assert "Quite another" not in page


def test_file_that_is_kept_stands_with_who_added_it(
    task: Task, mona_client: Client, anna: User
) -> None:
    file = {"name": "screw.jpg", "content_type": "image/jpeg", "size": 1, "digest": "ab" * 32}
    Evidence.objects.create(pk=7, task=task, item="torque", file="x", added_by=anna, **file)
    assert "screw.jpg Torque anna, " in words(mona_client, change(task))


def test_task_without_a_check_says_nothing_of_one(
    add_task: Callable[..., Task], invoices: Queue, mona_client: Client
) -> None:
    task = add_task(invoices)
    for address in (change(task), record(task)):
        assert "check plan version" not in words(mona_client, address).lower()


class TestRecord:
    def test_record_has_the_task_its_history_and_its_seals(
        self, task: Task, mona_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
        assert "not sealed yet" in words(mona_client, record(task))
        sealing.seal()
        page = words(mona_client, record(task))
        assert "supplier Abel" in page
        assert "Completed Status: waiting → completed" in page
        assert "not sealed yet" not in page

    def test_record_has_details_life_and_every_file(
        self, task: Task, mona_client: Client, anna: User
    ) -> None:
        Task.objects.update(details={"Part": "A-12"}, instructions="See https://x.example/a.")
        file = {"name": "late.txt", "content_type": "text/plain", "size": 1, "digest": "cd" * 32}
        Evidence.objects.create(pk=8, task=task, item="", file="x", added_by=anna, **file)
        page = words(mona_client, record(task))
        assert "Details Part A-12 Life" in page
        assert "From Stage Lasted" in page
        assert re.search(rf"late.txt anna, .* UTC {'cd' * 32}", page)
        assert "https://x.example/a ." in page

    def test_every_time_has_its_zone(self, task: Task, mona: User, mona_client: Client) -> None:
        User.objects.filter(pk=mona.pk).update(time_zone="Asia/Kolkata")
        page = words(mona_client, record(task))
        assert "Times are in your time zone, Asia/Kolkata." in page
        times = re.findall(r"\d\d:\d\d(?::\d\d)?(?: UTC\+5:30)?", page)
        assert len(times) > 4
        assert all(one.endswith(" UTC+5:30") for one in times)

    def test_record_is_on_paper_of_its_own(self, task: Task, mona_client: Client) -> None:
        page = mona_client.get(record(task)).content.decode()
        assert "unfold" not in page
        assert "qc/tasks/record.css" in page

    def test_trail_says_who_read_it(self, task: Task, otto: User, sign_in_client: Any) -> None:
        words(sign_in_client(otto), record(task))
        event = AuditEvent.objects.get(kind=EventKind.READ)
        assert (event.history_user, event.filters["task"]) == (otto, str(task))

    def test_qc_staff_are_refused_and_unknown_tasks_not_found(
        self, task: Task, anna: User, mona_client: Client, sign_in_client: Any
    ) -> None:
        assert sign_in_client(anna).get(record(task)).status_code == 403
        assert mona_client.get("/admin/qc/task/99999/print/").status_code == 404
