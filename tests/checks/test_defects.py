"""The defects that a check names: which codes there are, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.checks import defects
from qc.checks.check_input import FoundDefect
from qc.checks.plan import Item, Plan
from qc.core.exceptions import InvalidCheck
from qc.models import Defect, DefectCode, Outcome, Queue, Task, User

pytestmark = pytest.mark.django_db

PLAN = Plan(items=(Item("torque", "Torque"),))


def code(name: str, *queues: Queue, **columns: Any) -> DefectCode:
    made = DefectCode.objects.create(code=name, name=name.title(), **columns)
    made.queues.set(queues)
    return made


@pytest.fixture
def scratch(db: None) -> DefectCode:
    return code("SCR", group="Surface", severity=2)


def errors_of(queue: Queue, *found: FoundDefect) -> dict[str, str]:
    with pytest.raises(InvalidCheck) as refusal:
        defects.checked(queue, found, PLAN)
    return refusal.value.errors


class TestCodes:
    def test_of_a_queue_are_its_own_and_those_of_all(self, invoices: Queue, labels: Queue) -> None:
        code("ALL")
        code("OURS", invoices)
        code("BOTH", invoices, labels)
        code("THEIRS", labels)
        code("OFF", is_active=False)
        assert [one.code for one in defects.codes_of(invoices.pk)] == ["ALL", "BOTH", "OURS"]

    def test_frequent_ones_are_those_of_the_last_weeks_and_then_the_first_of_the_list(
        self, invoices: Queue, labels: Queue, anna: User, add_task: Any
    ) -> None:
        codes = {name: code(name) for name in "ABCDEFG"}
        task = add_task(invoices)
        find(task, anna, codes["G"], times=2)
        find(task, anna, codes["F"], times=3)
        find(task, anna, codes["E"], times=4, ago=timedelta(weeks=20))
        find(add_task(labels), anna, codes["D"], times=5)
        listed = defects.codes_of(invoices.pk)
        with CaptureQueriesContext(connection) as queries:
            frequent = defects.frequent(invoices.pk, listed)
        assert [one.code for one in frequent] == ["F", "G", "A", "B", "C"]
        assert len(queries) == 1


def find(
    task: Task, person: User, what: DefectCode, *, times: int, ago: timedelta = timedelta()
) -> None:
    Defect.objects.bulk_create(
        Defect(
            task=task,
            code=what,
            queue=task.queue,
            person=person,
            severity=2,
            completed_at=timezone.now() - ago,
        )
        for _ in range(times)
    )


class TestChecked:
    def test_severity_is_that_of_the_code_unless_given(
        self, invoices: Queue, scratch: DefectCode
    ) -> None:
        found = [FoundDefect("scr "), FoundDefect("SCR", severity=1, item="torque", quantity=3)]
        assert defects.checked(invoices, found, PLAN) == [
            FoundDefect("SCR", severity=2),
            FoundDefect("SCR", severity=1, item="torque", quantity=3),
        ]

    def test_takes_one_statement(self, invoices: Queue, scratch: DefectCode) -> None:
        with CaptureQueriesContext(connection) as queries:
            defects.checked(invoices, [FoundDefect("SCR")] * 5, PLAN)
        assert len(queries) == 1
        with CaptureQueriesContext(connection) as queries:
            defects.checked(invoices, [], None)
        assert len(queries) == 0

    @pytest.mark.parametrize(
        ("found", "name", "sentence"),
        [
            (FoundDefect(""), "code", "Choose a code."),
            (FoundDefect("XYZ"), "code", "There is no defect code XYZ."),
            (FoundDefect("OFF"), "code", "OFF was switched off; choose another."),
            (FoundDefect("LBL"), "code", "LBL is not used in Invoices; choose another."),
            (FoundDefect("SCR", quantity=0), "quantity", "Enter a whole number from 1 on."),
            (FoundDefect("SCR", quantity=2**31), "quantity", "Enter a whole number from 1 on."),
            (FoundDefect("SCR", severity=4), "severity", "The severity must be 1"),
            (FoundDefect("SCR", item="size"), "item", "The check plan has no item “size”."),
            (FoundDefect("SCR", note="x" * 2001), "note", "at most 2000 characters"),
        ],
    )
    def test_each_fault_is_named(
        self,
        invoices: Queue,
        labels: Queue,
        scratch: DefectCode,
        found: FoundDefect,
        name: str,
        sentence: str,
    ) -> None:
        code("OFF", is_active=False)
        code("LBL", labels)
        errors = errors_of(invoices, FoundDefect("SCR"), found)
        assert list(errors) == [f"defects.1.{name}"]
        assert sentence in errors[f"defects.1.{name}"]

    def test_item_needs_a_plan(self, invoices: Queue, scratch: DefectCode) -> None:
        with pytest.raises(InvalidCheck, match="has no item"):
            defects.checked(invoices, [FoundDefect("SCR", item="torque")], None)

    def test_too_many_are_refused_together(self, invoices: Queue, scratch: DefectCode) -> None:
        assert list(errors_of(invoices, *[FoundDefect("SCR")] * 101)) == ["defects"]


@pytest.mark.parametrize("outcome", Outcome.values)
@pytest.mark.parametrize("needs", [True, False])
def test_only_a_failed_check_must_name_a_defect_where_the_queue_needs_it(
    invoices: Queue, scratch: DefectCode, outcome: str, needs: bool
) -> None:
    invoices.needs_defects = needs
    defects.require(invoices, outcome, [FoundDefect("SCR")])
    if needs and outcome == Outcome.FAILED:
        with pytest.raises(InvalidCheck, match="Name at least one defect: Invoices"):
            defects.require(invoices, outcome, [])
    else:
        defects.require(invoices, outcome, [])


def test_queue_without_any_code_wants_none(invoices: Queue, scratch: DefectCode) -> None:
    invoices.needs_defects = True
    DefectCode.objects.update(is_active=False)
    defects.require(invoices, Outcome.FAILED, [])
