"""The page's scripts and the server say the same outcome for the same answers."""

import random
from typing import Any

import pytest

from qc.checks import answers, outcomes
from qc.checks.plan import Plan, of_version
from qc.models import Queue, User
from tests.browser.my_work import AddTask, SignIn, ready
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

OPTIONS = [{"value": "red", "is_ok": True}, {"value": "grey", "is_ok": False}]
ITEMS: list[dict[str, Any]] = [
    {"key": "lid", "critical": True},
    {"key": "seal", "weight": 3, "only_if": {"item": "lid", "answers": ["ok", "na"]}},
    {"key": "hinge", "only_if": {"item": "seal", "answers": ["not_ok"]}, "critical": True},
    {"key": "torque", "kind": "number", "lower": "8", "upper": "10.5", "decimals": 1, "weight": 2},
    {"key": "mass", "kind": "number", "decimals": 0},
    {"key": "colour", "kind": "choice", "options": OPTIONS},
    {"key": "zero", "weight": 0},
]
VALUES = {
    "torque": ["8", "7.9", "10,5", "10.6"],
    "mass": ["-3", "12"],
    "colour": ["red", "grey"],
}
OK = ["ok", "ok", "not_ok", "na"]
# Sets the fields of the check, and returns what the page makes of them.
ANSWER = """(sent) => sent.map((values) => {
    const check = document.querySelector(".qc-check");
    for (const item of check.querySelectorAll("[data-item]")) {
        const value = values[item.dataset.item];
        for (const field of item.querySelectorAll("input")) {
            if (field.type === "radio") field.checked = field.value === value;
            else field.value = value ?? "";
        }
    }
    check.dispatchEvent(new Event("qc:check-changed", { bubbles: true }));
    const asked = [...check.querySelectorAll("[data-item]:not([data-not-asked])")];
    const { possible, why } = qcCheck.ruling(check);
    return { possible, why: why[0], asked: asked.map((item) => item.dataset.item) };
})"""


def sent(chance: random.Random) -> dict[str, str]:
    return {one["key"]: chance.choice(VALUES.get(one["key"], OK)) for one in ITEMS}


def ruled(plan: Plan, values: dict[str, str]) -> list[str]:
    return [one.value for one in outcomes.ruling(plan, answers.read(plan, values)).possible]


@pytest.mark.parametrize("rule", ["critical", "score", "checker"])
def test_page_and_server_agree_on_any_answers(
    rule: str, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    version = give_plan(invoices, *ITEMS, rule=rule, pass_score=67)
    add_task(invoices)
    page = sign_in(anna)
    ready(page)
    plan, chance = of_version(version.pk), random.Random(rule)
    tries = [sent(chance) for _ in range(200)]
    found = page.evaluate(ANSWER, tries)
    for values, one in zip(tries, found, strict=True):
        asked = [item.key for item in answers.asked(plan, values)]
        assert (one["asked"], one["possible"]) == (asked, ruled(plan, values)), values
