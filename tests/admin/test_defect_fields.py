"""The fields of *My work* that name defects and count quantities."""

import pytest

from qc.admin.shared import defect_fields
from qc.checks.check_input import CheckInput, FoundDefect

SCRATCH = FoundDefect("SCR", severity=2, quantity=3, note="on the lid", item="torque")


def test_fields_are_read_as_they_were_made() -> None:
    check = CheckInput(defects=(SCRATCH, FoundDefect("DNT")), inspected=50, rejected=0)
    made = {name: value for name, value, _words in defect_fields.fields(check)}
    assert defect_fields.read(made) == ((SCRATCH, FoundDefect("DNT")), 50, 0)


def test_rows_may_be_missing_and_come_in_any_order() -> None:
    sent = {"defect-12-code": "B", "defect-3-code": "A", "defect-7-quantity": "1"}
    found, inspected, rejected = defect_fields.read(sent)
    assert [one.code for one in found] == ["A", "B"]
    assert (inspected, rejected) == (None, None)


def test_row_that_was_marked_as_removed_is_none() -> None:
    assert defect_fields.read({"defect-0-code": "A", "defect-0-removed": "1"})[0] == ()


def test_note_without_a_code_is_kept_to_be_asked_about() -> None:
    assert defect_fields.read({"defect-0-code": "", "defect-0-note": "deep"})[0] == (
        FoundDefect("", note="deep"),
    )


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "²", "9" * 11])
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    sent = {"defect-0-code": "A", "defect-0-quantity": text, "inspected": text}
    found, inspected, _rejected = defect_fields.read(sent)
    assert (found[0].quantity, inspected) == (0, None)
