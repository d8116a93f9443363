"""The reason for giving a task back: chosen from the queue's list, written, or both."""

import pytest

from qc.core.exceptions import InvalidInput
from qc.models import Queue
from qc.work.hand_back_reasons import LONGEST, joined

QUEUE = Queue(name="Labels", hand_back_reasons="Damaged\n\n No photo \n")


@pytest.mark.parametrize(
    ("chosen", "more", "stored"),
    [
        ("Damaged", "", "Damaged"),
        ("No photo", " blurred ", "No photo: blurred"),
        ("", "too heavy", "too heavy"),
    ],
)
def test_reason_is_stored_as_it_can_be_counted(chosen: str, more: str, stored: str) -> None:
    assert joined(QUEUE, chosen, more) == stored


def test_reason_that_is_not_in_the_list_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Choose one of: Damaged, No photo"):
        joined(QUEUE, "Bored", "")


def test_reason_whose_list_is_gone_is_kept_as_words() -> None:
    assert joined(Queue(name="Labels"), "Damaged", "corner") == "Damaged: corner"


def test_no_reason_is_refused() -> None:
    with pytest.raises(InvalidInput, match="give a reason"):
        joined(QUEUE, " ", " ")


def test_long_text_is_cut() -> None:
    assert len(joined(QUEUE, "Damaged", "x" * 1000)) == LONGEST
