"""How many pieces of a lot were inspected and rejected; the others inspected are accepted.

A check that passed rejects none; one that passed in part rejects some and accepts some. One that
failed may reject any number of those inspected: the whole lot fails for what its sample showed
(three of fifty), or for what no piece shows (a certificate is missing).
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from qc.checks.check_input import CheckInput
from qc.core.exceptions import InvalidCheck
from qc.models import Outcome, Queue, Task

# The most that both databases keep in such a column.
MOST = 2**31 - 1


def check(task: Task, sent: CheckInput, outcome: str) -> None:
    """Raise InvalidCheck for quantities that are missing, impossible or against the outcome."""
    if errors := dict(_faults(task.lot_size, task.queue, sent, outcome)):
        raise InvalidCheck(errors)


def accepted(task: Task) -> int | None:
    """Return how many of a completed task were accepted; None where nothing was counted."""
    if task.inspected is None or task.rejected is None:
        return None
    return task.inspected - task.rejected


def _faults(
    lot_size: int | None, queue: Queue, sent: CheckInput, outcome: str
) -> Iterator[tuple[str, str]]:
    """Yield the name of each quantity that is not right, and what is wrong."""
    inspected, rejected = sent.inspected, sent.rejected
    if inspected is None and rejected is None and not queue.counts_quantities:
        return
    if inspected is None:
        yield "inspected", _("Enter how many were inspected.")
    elif not 1 <= inspected <= (lot_size or MOST):
        yield "inspected", _between(1, lot_size)
    if rejected is None:
        yield "rejected", _("Enter how many were rejected, 0 for none.")
    elif not 0 <= rejected <= min(inspected or MOST, MOST):
        yield "rejected", _("No more can be rejected than were inspected.")
    elif message := _disagreement(inspected or MOST, rejected, outcome):
        yield "rejected", message


def _between(least: int, lot_size: int | None) -> str:
    if lot_size is None:
        return _("Enter a whole number from %d on.") % least
    words = {"least": least, "most": lot_size}
    return _("Enter a whole number from %(least)d to %(most)d, the size of the lot.") % words


def _disagreement(inspected: int, rejected: int, outcome: str) -> str:
    """Return why an outcome can't have so many rejected, "" if it can."""
    if outcome == Outcome.PASSED and rejected:
        return _("What passed has none rejected. Choose “passed in part” or “failed”.")
    if outcome == Outcome.PARTIAL and not 0 < rejected < inspected:
        return _("What passed in part has some rejected, and some accepted.")
    return ""
