"""What answers mean, which items are asked, and what is refused."""

from typing import Any

import pytest

from qc.checks import answers
from qc.checks.plan import Plan, read
from qc.core.exceptions import InvalidCheck
from qc.models import Verdict

TORQUE = {
    "key": "torque",
    "question": "Torque",
    "kind": "number",
    "lower": "8",
    "upper": "10",
    "decimals": 1,
}
COLOUR = {
    "key": "colour",
    "question": "Colour",
    "kind": "choice",
    "options": [{"value": "red", "is_ok": True}, {"value": "grey", "is_ok": False}],
}
SCREWS = {"key": "screws", "question": "Has screws", "kind": "ok"}
ONLY_WITH_SCREWS = {"only_if": {"item": "screws", "answers": ["ok"]}}


def plan(*items: dict[str, Any]) -> Plan:
    whole = [{"kind": "ok", "question": one["key"].title(), **one} for one in items]
    return read({"rule": "critical", "pass_score": 100, "items": whole})


def refused(of: Plan, **sent: str) -> dict[str, str]:
    """Return what is said about these answers."""
    with pytest.raises(InvalidCheck) as refusal:
        answers.read(of, sent)
    return refusal.value.errors


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("8", "ok"), ("10.0", "ok"), ("9,5", "ok"), ("7.9", "not_ok"), ("10.1", "not_ok")],
)
def test_number_is_judged_by_its_limits_which_are_ok_themselves(text: str, verdict: str) -> None:
    (found,) = answers.read(plan(TORQUE), {"torque": text})
    assert found.verdict == verdict
    assert found.value == text.replace(",", ".")


def test_number_with_a_lower_limit_alone_has_no_upper_one() -> None:
    only_lower = {name: value for name, value in TORQUE.items() if name != "upper"}
    (found,) = answers.read(plan(only_lower), {"torque": "99"})
    assert found.verdict == Verdict.OK


def test_number_without_limits_means_nothing() -> None:
    (found,) = answers.read(plan({"key": "mass", "kind": "number"}), {"mass": "-4"})
    assert (found.verdict, found.number) == (Verdict.NONE, -4)


def test_choice_means_what_its_option_says() -> None:
    (found,) = answers.read(plan(COLOUR), {"colour": "grey"})
    assert (found.value, found.verdict) == ("grey", Verdict.NOT_OK)


def test_ok_is_its_own_verdict() -> None:
    (found,) = answers.read(plan(SCREWS), {"screws": "na"})
    assert found.as_json() == {"value": "", "verdict": "na"}


@pytest.mark.parametrize(
    ("item", "text", "message"),
    [
        (TORQUE, "8.25", "Torque: a number, at most 1 decimal."),
        (TORQUE, "1e3", "Torque: a number, at most 1 decimal."),
        (TORQUE, "1,000.5", "Torque: a number, at most 1 decimal."),
        (TORQUE, "123456789012345", "Torque: a number, at most 1 decimal."),
        (TORQUE | {"decimals": 0}, "8.5", "Torque: a whole number."),
        (COLOUR, "blue", "Colour: one of red, grey."),
        (SCREWS, "maybe", "Has screws: one of ok, not_ok, na."),
        ({"key": "made", "kind": "date"}, "2026-02-30", "Made: a date such as 2026-03-31."),
        ({"key": "made", "kind": "date"}, "20260331", "Made: a date such as 2026-03-31."),
        ({"key": "batch", "kind": "text"}, "x" * 2001, "Batch: at most 2000 characters."),
        ({"key": "view", "kind": "photo"}, "seen", "View: add a photo, not a text."),
    ],
)
def test_wrong_answer_is_refused_with_what_is_allowed(
    item: dict[str, Any], text: str, message: str
) -> None:
    assert refused(plan(item), **{item["key"]: text}) == {f"answers.{item['key']}": message}


def test_all_that_is_wrong_is_named_at_once() -> None:
    found = refused(plan(SCREWS, COLOUR, TORQUE), colour="blue", torque=" ", lid="ok")
    assert found == {
        "answers.lid": "There is no item “lid” in this check.",
        "answers.screws": "Has screws: please answer this.",
        "answers.colour": "Colour: one of red, grey.",
        "answers.torque": "Torque: please answer this.",
    }


def test_optional_item_may_stay_unanswered() -> None:
    assert answers.read(plan(SCREWS | {"required": False}), {}) == []


def test_photo_is_there_or_missing() -> None:
    of = plan({"key": "view", "kind": "photo"})
    assert answers.read(of, {}, photographed={"view"}) == []
    assert refused(of) == {"answers.view": "View: add a photo."}


class TestCondition:
    of = plan(SCREWS, TORQUE | ONLY_WITH_SCREWS)

    def test_item_is_asked_where_it_holds(self) -> None:
        assert refused(self.of, screws="ok") == {"answers.torque": "Torque: please answer this."}

    def test_answer_to_an_item_that_is_not_asked_is_left_out(self) -> None:
        found = answers.read(self.of, {"screws": "na", "torque": "99"})
        assert [one.item.key for one in found] == ["screws"]

    def test_item_that_hangs_on_one_that_is_not_asked_is_not_asked(self) -> None:
        of = plan(
            SCREWS,
            COLOUR | ONLY_WITH_SCREWS,
            {"key": "shade", "only_if": {"item": "colour", "answers": ["red"]}},
        )
        found = answers.read(of, {"screws": "na", "colour": "red", "shade": "ok"})
        assert [one.item.key for one in found] == ["screws"]


def test_task_without_a_plan_takes_no_answers() -> None:
    with pytest.raises(InvalidCheck):
        answers.read(None, {"torque": "9"})
