"""The demo people and tasks, and any number more of them.

The demo itself is for the embedded default only.
"""

import csv
from collections import Counter
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory
from django.utils import timezone

from qc.audit import invariants
from qc.audit.seals import sealing
from qc.checks import defects
from qc.management.commands import load_demo
from qc.management.demo import past
from qc.models import (
    Answer,
    AnswerKind,
    AuditEvent,
    Defect,
    DefectCode,
    EventKind,
    Import,
    ImportState,
    Outcome,
    Queue,
    Role,
    Task,
    User,
)
from qc.reports.report import Grouping, ReportQuery
from qc.reports.report import report as make_report
from qc.work import actions
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = pytest.mark.django_db


@pytest.fixture
def embedded(settings: Any) -> None:
    settings.EMBEDDED = True


def run(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue()


@on_sqlite
class TestLoadDemo:
    def test_loads_people_of_each_role_and_500_tasks(self, embedded: None) -> None:
        assert "500 tasks are new" in run("load_demo")
        roles = {one.username: set(one.groups.values_list("name", flat=True)) for one in people()}
        assert roles.pop("admin") == set()
        assert (roles.pop("manager"), roles.pop("auditor")) == ({Role.MANAGERS}, {Role.AUDITORS})
        assert roles == {f"qc{n}": {Role.QC_STAFF} for n in range(1, 9)}
        assert (waiting().count(), Queue.objects.count()) == (500, 4)
        assert Task.objects.filter(name__contains="Müller").exists()
        assert Task.objects.filter(name__contains='"').exists()

    def test_everybody_can_sign_in_with_the_demo_password(
        self, embedded: None, settings: Any
    ) -> None:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        run("load_demo")
        for one in people():
            request = RequestFactory().post("/")
            assert authenticate(request, username=one.username, password="demo") == one

    def test_loads_codes_for_each_queue_and_sizes_of_lots(self, embedded: None) -> None:
        run("load_demo")
        for queue in Queue.objects.all():
            assert len(defects.codes_of(queue.pk)) >= 5
        codes = DefectCode.objects.all()
        assert 20 <= len(codes) <= 30
        assert all(code.name_de for code in codes)
        assert len({code.group for code in codes}) == 5
        events = AuditEvent.objects.filter(kind=EventKind.CODE_CHANGED)
        assert events.count() == len(codes)
        assert Task.objects.filter(queue__name="Incoming parts", lot_size=1000).exists()

    def test_past_is_sealed(self, embedded: None) -> None:
        run("load_demo")
        since = sealing.waiting_since()
        assert since is not None
        assert timezone.now() - since < timedelta(minutes=5)

    def test_qc_people_get_tasks(self, embedded: None) -> None:
        run("load_demo")
        for n in range(1, 9):
            one = User.objects.get(username=f"qc{n}")
            actions.sign_in(one.pk)
            assert Task.objects.held_by(one).count() == one.capacity

    def test_second_run_changes_nothing(self, embedded: None) -> None:
        run("load_demo")
        Task.objects.filter(reference="INV-2201").update(name="As the manager wants it")
        rows = Task.history.count() + User.history.count() + Queue.history.count()
        assert "nothing is loaded" in run("load_demo")
        assert Task.history.count() + User.history.count() + Queue.history.count() == rows
        assert Task.objects.get(reference="INV-2201").name == "As the manager wants it"

    def test_next_run_finishes_an_interrupted_one(self, embedded: None) -> None:
        run("load_demo")
        waiting().delete()
        Import.objects.update(state=ImportState.FAILED)
        assert "500 tasks are new" in run("load_demo")

    def test_existing_people_are_not_replaced(self, embedded: None) -> None:
        petra = person("petra")
        assert "nothing is loaded" in run("load_demo")
        assert list(people()) == [petra]

    def test_tasks_with_a_due_time_of_their_own_are_due_within_days(self, embedded: None) -> None:
        run("load_demo")
        days = {(task.due_at - timezone.now()).days for task in waiting()}
        assert days <= {-1, 0, 1, 2, 3}

    def test_everything_loaded_has_its_history(self, embedded: None) -> None:
        run("load_demo")
        assert list(invariants.broken()) == []
        invoices = Queue.objects.get(name="Invoices")
        assert invoices.history.last().people.count() == invoices.people.count()

    def test_each_queue_has_a_check_plan_that_a_manager_published(self, embedded: None) -> None:
        run("load_demo")
        for queue in Queue.objects.select_related("plan"):
            row = queue.history.first()
            assert (row.kind, row.history_user.username) == ("plan published", "manager")
            assert (row.plan, queue.plan.number) == (queue.plan, 1)
            assert 8 <= len(queue.plan.content["items"]) <= 14
        items = [item for one in Queue.objects.all() for item in one.plan.content["items"]]
        assert {item["kind"] for item in items} == set(AnswerKind.values)

    def test_refused_in_production(self, settings: Any) -> None:
        settings.EMBEDDED = False
        with pytest.raises(CommandError, match="embedded default only"):
            run("load_demo")
        assert not User.objects.exists()


class TestDemoData:
    @pytest.fixture(autouse=True)
    def on_a_trial_machine(self, embedded: None) -> None:
        """Nobody works there."""

    def test_refused_in_production_unless_it_is_meant(self, settings: Any) -> None:
        settings.EMBEDDED = False
        with pytest.raises(CommandError, match="if it is meant, add --yes-production"):
            run("demo_data", "--people", "1", "--tasks", "1")
        assert not User.objects.exists()
        run("demo_data", "--people", "1", "--yes-production")
        assert User.objects.exists()

    def test_adds_people_and_tasks_evenly_over_queues(self) -> None:
        printed = run("demo_data", "--people", "30", "--tasks", "100", "--queues", "10")
        assert printed == "30 people and 100 tasks are new, in 10 queues.\n"
        on = [queue.people.count() for queue in Queue.objects.all()]
        assert sum(on) == 30 * 3
        assert set(on) == {9}
        assert list(invariants.broken()) == []

    def test_second_run_adds_only_missing_people(self) -> None:
        run("demo_data", "--people", "3", "--tasks", "10")
        printed = run("demo_data", "--people", "5", "--tasks", "10")
        assert printed == "2 people and 10 tasks are new, in 20 queues.\n"
        assert list(invariants.broken()) == []

    def test_references_continue_after_the_last(self) -> None:
        run("demo_data", "--tasks", "3")
        Task.objects.filter(reference="DEMO-0000002").delete()
        run("demo_data", "--tasks", "1")
        assert Task.objects.latest("pk").reference == "DEMO-0000004"

    def test_demo_people_get_tasks(self) -> None:
        run("demo_data", "--people", "4", "--tasks", "60")
        for one in people():
            actions.sign_in(one.pk)
        assert Task.objects.held().count() == 4

    def test_same_seed_makes_the_same_tasks(self) -> None:
        run("demo_data", "--tasks", "20", "--seed", "7")
        first = list(Task.objects.values_list("reference", "priority", "details"))
        Task.history.all().delete()
        Task.objects.all().delete()
        run("demo_data", "--tasks", "20", "--seed", "7")
        assert list(Task.objects.values_list("reference", "priority", "details")) == first


@on_sqlite
class TestPast:
    """Two weeks of finished work lie behind the demo."""

    @pytest.fixture(autouse=True)
    def loaded(self, embedded: None) -> None:
        run("load_demo")

    def test_reports_have_each_day_queue_and_person_with_what_they_found(self) -> None:
        last = timezone.localdate() - timedelta(days=1)
        for by, n in ((Grouping.DAY, 14), (Grouping.QUEUE, 4), (Grouping.PERSON, 8)):
            report = make_report(ReportQuery(by, last - timedelta(days=13), last))
            assert (len(report.rows), report.total.done) == (n, 500)
            assert all(row.done for row in report.rows)
        assert 15 <= report.total.failed <= 75
        assert report.total.handling.median is not None
        assert Defect.objects.values("code").distinct().count() >= 8
        assert Answer.objects.filter(item="torque", number__isnull=False).count() > 50
        assert Task.objects.filter(outcome=Outcome.PARTIAL).exists()
        failed = Task.objects.filter(outcome=Outcome.FAILED)
        suppliers = Counter(task.details.get("supplier", "") for task in failed)
        assert max(set(suppliers) - {""}, key=suppliers.__getitem__) == past.WORST

    def test_trail_tells_each_life_in_the_order_of_its_moments(self) -> None:
        rows = Task.history.order_by("history_id")
        moments = list(rows.values_list("history_date", flat=True))
        assert moments == sorted(moments)
        task = Task.objects.filter(outcome=Outcome.FAILED).earliest("pk")
        kinds = task.history.order_by("history_id").values_list("kind", flat=True)
        assert list(kinds) == ["imported", "assigned", "started", "completed"]
        done = Task.objects.exclude(completed_at=None).order_by("assignee", "assigned_at")
        for before, after in pairwise(done):
            if before.assignee_id == after.assignee_id:
                assert before.completed_at < after.assigned_at  # type: ignore[operator]
        sealing.seal()
        assert "as they were sealed" in run("verify_audit")

    def test_it_is_the_same_at_each_load(self) -> None:
        first = the_same()
        for model in (Answer, Defect, Task):
            model.objects.all().delete()
        Task.history.all().delete()
        with (load_demo.FIXTURES / load_demo.TASKS).open(encoding="utf-8", newline="") as file:
            past.load(list(csv.DictReader(file)))
        assert the_same() == first


def the_same() -> list[Any]:
    done = Task.objects.exclude(completed_at=None).order_by("reference")
    return list(done.values_list("reference", "outcome", "assignee", "completed_at", "findings"))


def waiting() -> Any:
    return Task.objects.filter(completed_at=None)


def people() -> list[User]:
    return list(User.objects.order_by("username"))
