"""What `simulate_shift --human` takes for an error, from what its people noted."""

import pytest

from qc.management.simulation.human.notebook import Piece
from qc.management.simulation.human.panel import Panel
from qc.management.simulation.human.shift import HumanShift
from qc.management.simulation.human.summary import summary


@pytest.fixture
def shift() -> HumanShift:
    """A shift in which anna worked on one task for 100 s, and QC Desk says so."""
    shift = HumanShift("http://localhost", [])
    shift.notebook.seconds["anna", 1] = 100
    shift.notebook.reported["anna", 1] = 100
    return shift


def printed(shift: HumanShift) -> str:
    return "\n".join(summary(shift))


def test_shift_in_which_all_is_as_it_was_played_is_well(shift: HumanShift) -> None:
    assert not shift.went_wrong
    assert "0 complaints" in printed(shift)
    assert "100.00 s played, 100.00 s reported on average (+0.0 %)" in printed(shift)


@pytest.mark.parametrize(("reported", "is_wrong"), [(104.9, False), (105.1, True), (94.9, True)])
def test_times_may_be_off_by_five_percent(
    shift: HumanShift, reported: float, is_wrong: bool
) -> None:
    shift.notebook.reported["anna", 1] = reported
    assert shift.went_wrong == is_wrong
    assert ("WRONG TIME: anna worked 100.0 s" in printed(shift)) == is_wrong


def test_times_of_one_person_do_not_hide_those_of_another(shift: HumanShift) -> None:
    shift.notebook.seconds["ben", 2] = 100
    shift.notebook.reported["ben", 2] = 0
    shift.notebook.reported["anna", 1] = 104
    assert shift.went_wrong
    assert "WRONG TIME: ben" in printed(shift)


def test_task_without_a_reported_time_is_wrong(shift: HumanShift) -> None:
    shift.notebook.seconds["ben", 2] = 7
    assert shift.went_wrong
    assert "1 not reported" in printed(shift)


def test_complaint_is_wrong_and_printed_once(shift: HumanShift) -> None:
    for _ in range(2):
        shift.notebook.complain("ben", "was put on break: not responding")
    assert shift.went_wrong
    assert printed(shift).count("COMPLAINT: ben was put on break: not responding") == 1


def test_piece_is_timed_from_when_it_was_seen() -> None:
    assert Piece(1, "QD-1").seconds < 1


def test_panel_without_a_task_is_read() -> None:
    panel = Panel(
        """<div id="my-work" data-task="" data-title="My work" hx-get="/panel/?seen=1"
        hx-vals='{"held": ""}'><form action="/admin/presence/back/?next=/"></form></div>"""
    )
    assert (panel.piece(), panel.held, panel.is_away) == (None, [], True)
