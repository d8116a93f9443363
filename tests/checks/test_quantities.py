"""How many were inspected and rejected, and that the outcome agrees."""

import pytest

from qc.checks import quantities
from qc.checks.check_input import CheckInput
from qc.core.exceptions import InvalidCheck
from qc.models import Outcome, Queue, Task


def lot(size: int | None = 50, counts: bool = True) -> Task:
    return Task(queue=Queue(name="Parts", counts_quantities=counts), lot_size=size)


def errors_of(task: Task, outcome: str, inspected: int | None, rejected: int | None) -> set[str]:
    sent = CheckInput(inspected=inspected, rejected=rejected)
    try:
        quantities.check(task, sent, outcome)
    except InvalidCheck as refusal:
        return {*refusal.errors}
    return set()


@pytest.mark.parametrize(
    ("outcome", "inspected", "rejected", "wrong"),
    [
        (Outcome.PASSED, 50, 0, set()),
        (Outcome.PASSED, 8, 0, set()),
        (Outcome.PASSED, 8, 1, {"rejected"}),
        (Outcome.PARTIAL, 8, 1, set()),
        (Outcome.PARTIAL, 8, 0, {"rejected"}),
        (Outcome.PARTIAL, 8, 8, {"rejected"}),
        (Outcome.FAILED, 8, 8, set()),
        (Outcome.FAILED, 8, 1, set()),
        (Outcome.FAILED, 8, 0, set()),
        (Outcome.FAILED, 8, 9, {"rejected"}),
        (Outcome.FAILED, 51, 0, {"inspected"}),
        (Outcome.FAILED, 0, 0, {"inspected"}),
        (Outcome.PASSED, None, None, {"inspected", "rejected"}),
        (Outcome.PASSED, 8, None, {"rejected"}),
        (Outcome.PASSED, None, 0, {"inspected"}),
    ],
)
def test_quantities_fit_each_other_the_lot_and_the_outcome(
    outcome: str, inspected: int | None, rejected: int | None, wrong: set[str]
) -> None:
    assert errors_of(lot(), outcome, inspected, rejected) == wrong


def test_lot_of_unknown_size_may_have_any_number() -> None:
    assert errors_of(lot(None), Outcome.PASSED, 10**6, 0) == set()
    assert errors_of(lot(None), Outcome.PASSED, 2**31, 0) == {"inspected"}


def test_queue_that_does_not_count_asks_for_nothing() -> None:
    assert errors_of(lot(counts=False), Outcome.PASSED, None, None) == set()


def test_message_says_the_size_of_the_lot() -> None:
    with pytest.raises(InvalidCheck, match="from 1 to 50, the size of the lot"):
        quantities.check(lot(), CheckInput(inspected=60, rejected=0), Outcome.PASSED)


@pytest.mark.parametrize(("inspected", "rejected", "accepted"), [(8, 3, 5), (None, None, None)])
def test_accepted_is_what_was_not_rejected(
    inspected: int | None, rejected: int | None, accepted: int | None
) -> None:
    assert quantities.accepted(Task(inspected=inspected, rejected=rejected)) == accepted
