"""Simulated people answer the checks of the demo: by the API and on the page, good and bad ones."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.management.commands import load_demo
from qc.management.simulation import client as simulated
from qc.management.simulation.checks import PASSED, Filled, Sheet, filled
from qc.management.simulation.human.panel import Panel
from qc.management.simulation.ledger import Ledger
from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

IN_DEMO = pytest.mark.parametrize(
    "queue", ["Invoices", "Labels", "Incoming parts", "Customer orders"]
)


@pytest.fixture
def in_hand(add_task: Callable[..., Task]) -> Callable[[str], Task]:
    """Return a function that gives a task of a queue of the demo to somebody."""
    load_demo.load_people()
    load_demo.publish_plans()
    load_demo.load_defect_codes()

    def give(name: str) -> Task:
        queue = Queue.objects.get(name=name)
        task = add_task(queue, lot_size=8)
        serving = User.objects.serving([queue.pk])
        person = serving.order_by("pk")[0]
        presence.sign_in(person.pk)
        return actions.claim(task.pk, by=person)

    return give


class Answering(simulated.Client):
    """A simulated client whose calls do without a line."""

    def __init__(self, person: User) -> None:
        super().__init__("http://localhost", Ledger())
        self.client = APIClient()
        self.client.force_authenticate(person)

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        answer = getattr(self.client, method.lower())(path, json, format="json")
        assert answer.status_code == 200, answer.content
        return answer.json()


def on_page(task: Task) -> tuple[Client, Panel]:
    client = Client()
    client.force_login(task.assignee)  # type: ignore[arg-type]
    return client, Panel(client.get(reverse("admin:my_work")).content.decode())


@IN_DEMO
def test_page_and_api_ask_the_same(in_hand: Callable[[str], Task], queue: str) -> None:
    task = in_hand(queue)
    answering = Answering(task.assignee)  # type: ignore[arg-type]
    asked = answering.sheet(answering.dashboard()["me"]["tasks"][0])
    shown = on_page(task)[1].sheet
    assert (shown.rule, shown.counts, shown.lot_size) == (asked.rule, asked.counts, asked.lot_size)
    assert sorted(shown.codes) == sorted(asked.codes)
    for fails in (False, True):
        by_page, by_api = (filled(one, fails, random.Random(7)) for one in (shown, asked))
        assert by_page.answers.keys() == by_api.answers.keys()


@IN_DEMO
def test_checks_are_taken_by_the_api_and_on_the_page(
    in_hand: Callable[[str], Task], queue: str
) -> None:
    for fails in (False, True):
        task = in_hand(queue)
        check = complete_by_api(task, fails)
        assert now(task).outcome == check.outcome == ("failed" if fails else "passed")
        assert task.answers.count() == len(check.answers)
        assert task.defects.count() == len(check.defects)
        task = in_hand(queue)
        check = complete_on_page(task, fails)
        assert now(task).outcome == check.outcome == ("failed" if fails else "passed")


def complete_by_api(task: Task, fails: bool) -> Filled:
    answering = Answering(task.assignee)  # type: ignore[arg-type]
    (mine,) = answering.dashboard()["me"]["tasks"]
    check = filled(answering.sheet(mine), fails, random.Random(7))
    answering.complete(mine, check, "Checked.")
    return check


def complete_on_page(task: Task, fails: bool) -> Filled:
    client, panel = on_page(task)
    check = filled(panel.sheet, fails, random.Random(7))
    form = {"outcome": check.outcome, "notes": "Checked.", "version": panel.version}
    form |= {"plan": panel.plan or "", **check.as_form()}
    client.post(reverse("admin:my_work_complete", args=[task.pk]), form)
    return check


def now(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_plan_that_nothing_fails_passes() -> None:
    """Nobody but the checker could fail it, and the plan does not leave it to them."""
    sheet = Sheet([{"key": "label", "kind": "text"}], rule="critical")
    assert filled(sheet, True, random.Random(7)).outcome == PASSED


@pytest.mark.parametrize(
    ("limits", "is_bad"),
    [
        ({"lower": "11.95", "upper": "12.05", "decimals": 2}, False),
        ({"lower": "1.2", "decimals": 1}, False),
        ({"upper": "3"}, True),
        ({"lower": "1.2", "decimals": 1}, True),
    ],
)
def test_number_is_within_its_limits_unless_it_is_bad(limits: Any, is_bad: bool) -> None:
    sheet = Sheet([{"key": "size", "kind": "number", "critical": True, **limits}], rule="critical")
    for seed in range(20):
        size = float(filled(sheet, is_bad, random.Random(seed)).answers["size"])
        lowest, highest = float(limits.get("lower", -9)), float(limits.get("upper", 99))
        assert (lowest <= size <= highest) != is_bad
