"""What the outcome of a check can be."""

from typing import Any

import pytest

from qc.checks import answers, outcomes
from qc.checks.plan import Plan, read
from qc.core.exceptions import InvalidInput
from qc.models import Outcome

LID = {"key": "lid", "question": "Lid", "kind": "ok"}
LABEL = {"key": "label", "question": "Label", "kind": "ok", "critical": True}
SEAL = {"key": "seal", "question": "Seal", "kind": "ok", "weight": 3}


def plan(rule: str, pass_score: int = 80) -> Plan:
    return read({"rule": rule, "pass_score": pass_score, "items": [LID, LABEL, SEAL]})


def decide(
    of: Plan | None, *, said: str | None = None, quantities: Any = (None, None), **sent: str
) -> Outcome:
    all_ok = {"lid": "ok", "label": "ok", "seal": "ok"}
    answered = answers.read(of, all_ok | sent) if of else []
    return outcomes.decided(outcomes.ruling(of, answered, *quantities), said)


@pytest.mark.parametrize("rule", ["critical", "score", "checker"])
@pytest.mark.parametrize("said", ["passed", "partial"])
def test_critical_item_that_is_not_ok_fails_by_every_rule(rule: str, said: str) -> None:
    of = plan(rule, pass_score=1)
    assert decide(of, label="not_ok") == "failed"
    with pytest.raises(InvalidInput, match="critical and not OK: Label"):
        decide(of, said=said, label="not_ok", quantities=(5, 1))


def test_other_items_fail_nothing_where_critical_ones_decide() -> None:
    assert decide(plan("critical"), lid="not_ok", seal="not_ok") == "passed"
    with pytest.raises(InvalidInput, match="“passed”, not “failed”: no critical item is not OK"):
        decide(plan("critical"), said="failed", lid="not_ok")


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ({}, "passed"),
        ({"lid": "not_ok"}, "passed"),  # 4 of 5
        ({"seal": "not_ok"}, "failed"),  # 2 of 5
        ({"seal": "na"}, "passed"),
        ({"seal": "na", "lid": "not_ok"}, "failed"),  # 1 of 2
        ({"lid": "na", "label": "na", "seal": "na"}, "passed"),  # nothing counts
    ],
)
def test_score_is_the_share_of_weights_that_are_ok(sent: dict[str, str], outcome: str) -> None:
    assert decide(plan("score"), **sent) == outcome


def test_score_says_what_it_is_when_it_is_not_enough() -> None:
    with pytest.raises(InvalidInput, match=r"the score is 40\.0 %, less than 80 %"):
        decide(plan("score"), said="passed", seal="not_ok")


def test_score_is_rounded_down_so_that_none_looks_enough_that_is_not() -> None:
    of = read({"rule": "score", "pass_score": 67, "items": [LID, LABEL, LID | {"key": "x"}]})
    found = answers.read(of, {"lid": "ok", "label": "ok", "x": "not_ok"})
    assert outcomes.score(found) == 66.6


@pytest.mark.parametrize("of", [plan("checker"), None])
def test_checker_may_fail_what_could_pass(of: Plan | None) -> None:
    assert decide(of) == "passed"
    assert decide(of, said="failed") == "failed"


@pytest.mark.parametrize("of", [plan("critical"), plan("score"), plan("checker"), None])
@pytest.mark.parametrize(
    ("quantities", "outcome"), [((50, 0), "passed"), ((50, 3), "partial"), ((50, 50), "failed")]
)
def test_quantities_decide_how_much_is_passed(
    of: Plan | None, quantities: tuple[int, int], outcome: str
) -> None:
    assert decide(of, quantities=quantities) == outcome


def test_some_rejected_is_not_passed() -> None:
    with pytest.raises(InvalidInput, match=r"“passed in part / failed”.*3 of 50 were rejected"):
        decide(plan("checker"), said="passed", quantities=(50, 3))


def test_passed_in_part_needs_quantities() -> None:
    with pytest.raises(InvalidInput, match="nothing was rejected"):
        decide(None, said="partial")
