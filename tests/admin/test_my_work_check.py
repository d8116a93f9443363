"""*My work* without JavaScript: a check is answered, refused and corrected by plain forms."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.checks.check_input import CheckInput
from qc.models import Answer, Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
LABEL = {"key": "label", "section": "Outside", "critical": True}
TORQUE = {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "decimals": 1}
HINGE = {"key": "hinge", "only_if": {"item": "label", "answers": ["ok"]}}
GOOD = {"answer-label": "ok", "answer-torque": "9,5", "answer-hinge": "ok"}


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices with a plan."""
    give_plan(invoices, LABEL, TORQUE, HINGE)
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def annas(anna: User, two: list[Task], sign_in_client: Callable[[User], Client]) -> Client:
    """Anna's browser; she has the first task."""
    return sign_in_client(anna)


def page(client: Client, **query: Any) -> str:
    return client.get(reverse("admin:my_work"), query).content.decode()


def press(client: Client, name: str, task: Task, **form: Any) -> str:
    """Send a form as a browser without JavaScript does; return the page that comes."""
    plan = Task.objects.get(pk=task.pk).plan_id or task.queue.plan_id
    address = reverse(f"admin:my_work_{name}", args=[task.pk])
    sent = {"plan": plan or "", "notes": ""} | form
    return client.post(address, sent, follow=True).content.decode()


def now(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_items_are_there_with_their_limits_and_conditions(annas: Client) -> None:
    shown = page(annas)
    for text in ("Outside", "Label", "8 – 10", "Only if – Label: OK"):
        assert text in shown


def test_limits_are_written_as_their_reader_writes_numbers(
    annas: Client, anna: User, invoices: Queue
) -> None:
    give_plan(invoices, TORQUE | {"lower": "8.25"})
    User.objects.filter(pk=anna.pk).update(language="de")
    assert "8,25 – 10" in page(annas)


def test_answers_of_a_plain_form_complete_the_task(annas: Client, two: list[Task]) -> None:
    press(annas, "complete", two[0], outcome="passed", **GOOD)
    assert (now(two[0]).outcome, Answer.objects.count()) == ("passed", 3)


def test_refusal_is_at_each_item_and_keeps_what_was_sent(annas: Client, two: list[Task]) -> None:
    sent = {"answer-label": "ok", "answer-torque": "9.55", "notes": "mind it"}
    shown = press(annas, "complete", two[0], outcome="passed", **sent)
    assert "2 answers are missing or wrong. They are marked below." in shown
    assert "Torque: a number, at most 1 decimal." in shown
    assert 'value="9.55"' in shown
    assert "mind it" in shown
    assert "Hinge: please answer this." in shown
    assert now(two[0]).status == "assigned"


def test_failed_check_needs_no_notes_where_an_answer_says_why(
    annas: Client, two: list[Task]
) -> None:
    press(annas, "complete", two[0], outcome="failed", **GOOD | {"answer-label": "not_ok"})
    assert now(two[0]).outcome == "failed"


def test_failed_check_needs_notes_where_all_is_ok(
    annas: Client, two: list[Task], invoices: Queue
) -> None:
    give_plan(invoices, LABEL, rule="checker")
    Task.objects.update(plan=None)
    shown = press(annas, "complete", two[0], outcome="failed", **{"answer-label": "ok"})
    assert "Please write in the notes what failed." in shown


def test_newer_answers_of_another_tab_are_shown_beside_ones_own(
    annas: Client, anna: User, two: list[Task]
) -> None:
    actions.save_draft(two[0].pk, "", by=anna, check=CheckInput({"torque": "8.1"}))
    shown = press(annas, "complete", two[0], outcome="passed", version=0, **GOOD)
    assert "Torque: 8.1" in shown
    assert 'value="9,5"' in shown


def test_answers_to_a_completed_task_are_on_a_card_and_can_be_sent_as_a_correction(
    annas: Client, two: list[Task]
) -> None:
    press(annas, "complete", two[0], outcome="passed", **GOOD)
    shown = press(annas, "complete", two[0], outcome="passed", **GOOD | {"answer-torque": "8"})
    assert 'name="answer-torque" value="8"' in shown
    assert Answer.objects.get(item="torque").value == "9.5"


def test_answers_for_a_task_that_is_gone_are_on_a_card_in_words(
    annas: Client, mona: User, two: list[Task]
) -> None:
    actions.hold(two[0].pk, by=mona, reason="wait")
    shown = press(annas, "complete", two[0], outcome="passed", **GOOD)
    assert "Torque: 9,5" in shown


def test_correction_has_a_page_of_its_own_with_the_answers(annas: Client, two: list[Task]) -> None:
    press(annas, "complete", two[0], outcome="passed", **GOOD)
    shown = page(annas, open=f"correct-{two[0].pk}")
    assert f'id="correction-{two[0].pk}-' in shown
    bad = GOOD | {"answer-label": "not_ok"}
    press(annas, "correct", two[0], outcome="failed", reason="seen later", **bad)
    assert now(two[0]).outcome == "failed"


def test_refused_correction_is_the_form_again_with_each_message_at_its_item(
    annas: Client, two: list[Task]
) -> None:
    press(annas, "complete", two[0], outcome="passed", **GOOD)
    bad = GOOD | {"answer-torque": "9.55", "answer-hinge": "", "notes": "mind it"}
    shown = press(annas, "correct", two[0], outcome="passed", reason="misread", **bad)
    assert "QD-0001 was not saved: see its card above." in shown
    card = shown[shown.index("qc-kept") : shown.index('id="my-work"')]
    for text in (
        "What you entered for QD-0001 was not saved",
        "2 answers are missing or wrong. They are marked below.",
        "Torque: a number, at most 1 decimal.</p>",
        "Hinge: please answer this.</p>",
        'name="answer-torque" value="9.55"',
        'value="misread"',
        ">mind it</textarea>",
    ):
        assert text in card
    assert re.search(r'name="answer-label" value="ok"[^>]* checked', card)
    assert now(two[0]).findings["answers"]["torque"]["value"] == "9.5"


def test_task_without_a_plan_looks_as_before(annas: Client, invoices: Queue) -> None:
    Queue.objects.update(plan=None)
    Task.objects.update(plan=None)
    assert "qc-check" not in page(annas).replace("my_work/check.css", "")


def test_form_without_a_check_leaves_the_answers_of_the_draft(
    annas: Client, anna: User, two: list[Task]
) -> None:
    press(annas, "draft", two[0], **GOOD)
    address = reverse("admin:my_work_draft", args=[two[0].pk])
    annas.post(address, {"notes": "more"})
    assert now(two[0]).draft_findings["answers"]["label"] == "ok"
