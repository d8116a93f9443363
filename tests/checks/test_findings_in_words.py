"""What a check found, in words: on pages, in the trail and in what changed."""

from typing import Any

import pytest
from django.utils import translation

from qc import history
from qc.admin.shared import diffs
from qc.audit.sentences import plain_sentence
from qc.checks import findings
from qc.history.names import add_names
from qc.models import ChangeKind, Queue, Task, User
from tests.checked import checked
from tests.plans import give_plan

pytestmark = pytest.mark.django_db

ITEMS: list[dict[str, Any]] = [
    {"key": "label", "question": "Label is readable"},
    {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "unit": "Nm"},
    {"key": "width", "kind": "number", "lower": "8.5"},
    {"key": "colour", "kind": "choice", "options": [{"value": "pale", "is_ok": False}]},
    {"key": "best", "question": "Best before", "kind": "date"},
]


@pytest.fixture
def task(invoices: Queue, anna: User) -> Task:
    """Anna has found the torque too high, the colour pale, and three scratches."""
    give_plan(invoices, *ITEMS)
    answers = {"label": "ok", "torque": "11.2", "width": "9", "colour": "pale"}
    answers["best"] = "2027-03-04"
    return checked(invoices, anna, answers, defects=[("SCR", 3, "torque", "at the edge")])


def sentence(task: Task) -> str:
    row = history.of(task).first()
    row.table = "task"
    add_names([row])
    return plain_sentence(row)


def test_completion_says_what_is_not_ok_and_no_more(task: Task) -> None:
    words = (
        "Torque 11.2 Nm, out of 8–10; Colour: pale, not OK; 3 × SCR (major, torque): at the edge"
    )
    assert f"failed: {words}" in sentence(task)
    assert "Label" not in sentence(task)
    assert "Width" not in sentence(task)


def test_completion_without_anything_wrong_says_no_more_than_before(
    invoices: Queue, anna: User
) -> None:
    give_plan(invoices, *ITEMS)
    task = checked(invoices, anna, {"label": "ok", "torque": "9"})
    assert (
        sentence(task)
        == f"anna completed {task.reference}, passed, after 4\N{NO-BREAK SPACE}minutes"
    )


def test_sentence_of_a_check_with_much_wrong_says_how_much_more(
    invoices: Queue, anna: User
) -> None:
    items = [{"key": f"item_{n}"} for n in range(13)]
    give_plan(invoices, *items)
    task = checked(invoices, anna, {item["key"]: "not_ok" for item in items})
    assert "Item_9: not OK; 3 more" in sentence(task)


def test_old_answers_keep_the_question_of_their_version(task: Task, invoices: Queue) -> None:
    give_plan(invoices, {"key": "torque", "question": "Another question", "kind": "number"})
    assert "Torque 11.2 Nm, out of 8–10" in sentence(task)


def test_numbers_and_days_are_as_the_reader_writes_them(task: Task) -> None:
    with translation.override("de"):
        words = findings.by_item(task.findings, task.plan_id)
    assert words["torque"][1].startswith("11,2 Nm")
    assert words["best"][1] == "04.03.2027"


def test_limit_on_one_side_is_named_alone(task: Task) -> None:
    found = {one.item.key: one.limits for one in findings.answers(task.findings, task.plan_id)}
    assert found == {"label": "", "torque": "8–10", "width": "≥ 8.5", "colour": "", "best": ""}


def test_item_that_the_plan_does_not_have_keeps_its_key(task: Task) -> None:
    found = {"answers": {"gone": {"value": "x", "verdict": ""}}}
    assert findings.by_item(found, task.plan_id) == {"gone": ("gone", "x")}


def test_correction_names_only_the_items_that_differ(task: Task, anna: User) -> None:
    answers = task.findings["answers"] | {"torque": {"value": "9.9", "verdict": "ok"}}
    task.findings = {"answers": answers}
    history.save(task, kind=ChangeKind.CORRECTED, by=anna, fields=["findings"])
    corrected, completed = history.of(task)[:2]
    changes = [tuple(one) for one in diffs.between(completed, corrected)]
    assert changes == [
        ("Torque", "11.2 Nm (not OK)", "9.9 Nm (OK)"),
        ("Defects", "3 × SCR (major, torque): at the edge", "–"),
    ]


def test_details_of_a_completion_show_every_answer(task: Task) -> None:
    completed, created = history.of(task)[:2]
    changes = {one.field: one.new for one in diffs.between(created, completed)}
    assert changes["Label is readable"] == "OK"
    assert changes["Check plan"] == "version 1"
