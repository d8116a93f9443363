"""Rows of answers and defects agree with the findings of their task, or are reported."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qc.audit import finding_rows, invariants
from qc.checks import plan
from qc.checks.check_input import CheckInput, FoundDefect
from qc.models import Answer, Defect, PlanVersion, Queue, Status, Task, User
from qc.work import assignment, lifecycle, presence
from tests.checked import checked, code
from tests.plans import give_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(invoices: Queue, anna: User) -> Task:
    """A check of a screw: its torque was too high, and it has scratches."""
    torque = {"key": "torque", "kind": "number", "lower": "8", "upper": "10"}
    give_plan(invoices, {"key": "label"}, torque)
    answers = {"label": "ok", "torque": "11.2"}
    return checked(invoices, anna, answers, defects=[("SCR", 3, "torque"), ("DNT",)])


def test_what_a_real_completion_writes_is_right(
    invoices: Queue, anna: User, add_task: Callable[..., Task]
) -> None:
    width = {"key": "width", "kind": "number", "decimals": 2, "required": False}
    colour = {"key": "colour", "kind": "choice", "options": [{"value": "pale", "is_ok": False}]}
    give_plan(invoices, {"key": "label"}, width, colour, rule="score", pass_score=80)
    code("SCR")
    task = add_task(invoices)
    presence.sign_in(anna.pk)
    assignment.hand_out(anna.pk)
    answers = {"label": "na", "width": "2,50", "colour": "pale"}
    defects = (FoundDefect("scr", quantity=2, note="Deep", item="colour"), FoundDefect("SCR"))
    check = CheckInput(answers, defects)
    lifecycle.complete(task.pk, by=anna, check=check, outcome="failed", notes="See the defects.")
    assert Answer.objects.count() == 3
    assert Defect.objects.count() == 2
    assert list(finding_rows.differing()) == []


def test_rows_that_say_what_the_findings_say_are_right(task: Task) -> None:
    assert list(finding_rows.differing()) == []


TAMPERINGS: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: Answer.objects.filter(item="torque").update(number=9),
        "the row of answer torque differs from its findings",
    ),
    (
        lambda: Answer.objects.filter(item="label").update(verdict="not_ok"),
        "the row of answer label differs from its findings",
    ),
    (
        lambda: Answer.objects.filter(item="label").delete(),
        "the row of answer label is missing",
    ),
    (
        lambda: Answer.objects.filter(item="label").update(item="colour"),
        "the row of answer colour is not in its findings",
    ),
    (
        lambda: Defect.objects.filter(code__code="SCR").update(quantity=1),
        "the row of defect SCR differs from its findings",
    ),
    (
        lambda: Defect.objects.filter(code__code="SCR").delete(),
        "the row of defect SCR is missing",
    ),
    (
        lambda: Defect.objects.filter(code__code="SCR").update(code=code("OTHER")),
        "the row of defect OTHER is not in its findings",
    ),
]


@pytest.mark.parametrize(("tamper", "words"), TAMPERINGS, ids=[words for _do, words in TAMPERINGS])
def test_row_that_was_tampered_with_is_named_with_its_task(
    tamper: Callable[[], Any], words: str, task: Task
) -> None:
    tamper()
    assert f"{task.reference}: {words}" in list(finding_rows.differing())
    assert f"{task.reference}: {words}" in list(invariants.broken())


@pytest.mark.parametrize(
    "findings", ["lost", {"answers": ["label"]}, {"answers": {"label": 1}}, {"defects": [{}]}]
)
def test_findings_of_another_shape_are_named_and_the_check_goes_on(
    findings: Any, task: Task, invoices: Queue, anna: User
) -> None:
    other = checked(invoices, anna, {"label": "ok", "torque": "9"})
    Answer.objects.filter(task=other, item="label").delete()
    Task.objects.filter(pk=task.pk).update(findings=findings)
    assert list(finding_rows.differing()) == [
        f"{task.reference}: its findings or its check plan can't be read",
        f"{other.reference}: the row of answer label is missing",
    ]


def test_check_plan_that_was_emptied_is_named_by_its_tasks(task: Task) -> None:
    PlanVersion.objects.update(content={})
    plan.of_version.cache_clear()
    plan.stored.cache_clear()
    words = f"{task.reference}: its findings or its check plan can't be read"
    assert words in list(invariants.broken())


def test_row_doubled_by_hand_is_found(task: Task) -> None:
    scratches = Defect.objects.get(code__code="SCR")
    scratches.pk = None
    scratches.save()
    words = f"{task.reference}: the row of defect SCR is not in its findings"
    assert list(finding_rows.differing()) == [words]


def test_rows_of_a_task_that_is_to_be_done_again_are_found(task: Task) -> None:
    nothing = dict.fromkeys(("assignee", "assigned_at", "started_at", "completed_at", "findings"))
    Task.objects.filter(pk=task.pk).update(status=Status.PENDING, outcome="", **nothing)
    assert len(list(finding_rows.differing())) == 4


def test_changed_answer_in_the_findings_is_found_by_the_history(task: Task) -> None:
    better = task.findings | {"answers": task.findings["answers"] | {"label": {"value": "na"}}}
    Task.objects.filter(pk=task.pk).update(findings=better)
    words = f"{task.reference} differs from its last history row in findings"
    assert words in list(invariants.consistency.differing())


def test_statements_do_not_grow_with_tasks(task: Task, invoices: Queue, anna: User) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(finding_rows.differing())
        return len(captured)

    statements()
    few = statements()
    for _n in range(5):
        checked(invoices, anna, {"label": "ok", "torque": "9"}, defects=[("SCR", 1)])
    assert statements() == few
