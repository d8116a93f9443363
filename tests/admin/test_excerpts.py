"""Long texts are cut to the place where they differ."""

import pytest

from qc.admin.shared.excerpts import LONGEST, around_difference
from tests.databases import on_sqlite

pytestmark = on_sqlite

LONG = "".join(f"{n:04} " for n in range(200))


def test_short_texts_are_shown_whole() -> None:
    assert around_difference("one", "another") == ("one", "another")


@pytest.mark.parametrize("place", [0, 10, 500, 990])
def test_both_sides_show_what_differs_deep_in_a_long_text(place: int) -> None:
    one, other = around_difference(LONG, f"{LONG[:place]}NEW{LONG[place:]}")
    assert "NEW" in other
    assert one != other
    assert max(len(one), len(other)) <= LONGEST


def test_end_that_was_added_is_shown() -> None:
    assert around_difference(LONG, LONG + "added")[1].endswith("added")


def test_text_that_was_emptied_is_shown_from_its_beginning() -> None:
    assert around_difference(LONG, "–")[0].startswith("0000 ")


def test_equal_texts_are_shown_from_their_beginning() -> None:
    one, other = around_difference(LONG, LONG)
    assert one == other
    assert one.startswith("0000 ")
