"""Reworks that several people make, complete and undo at the same moment."""

from collections.abc import Callable, Iterator

import pytest

from qc.audit import invariants
from qc.checks.check_input import CheckInput
from qc.core.exceptions import InvalidTransition
from qc.models import Outcome, Queue, Reinspector, Role, Task, User
from qc.work import actions, rework
from tests.conftest import person
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sound_afterwards() -> Iterator[None]:
    """Whatever happened at once, the invariants hold after it."""
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def lot(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A lot that Anna checked, and that failed."""
    invoices.save()  # so that its history knows the people
    task = add_task(invoices, reference="LOT-1")
    actions.sign_in(anna.pk)
    actions.complete(task.pk, by=anna, outcome=Outcome.FAILED, notes="scratched")
    return task


def test_of_two_managers_one_makes_the_rework(lot: Task, mona: User) -> None:
    other = person("max", Role.MANAGERS)
    made, refused = sorted(
        at_once(*(lambda one=one: rework.make(lot.pk, by=one) for one in (mona, other))),
        key=lambda one: isinstance(one, InvalidTransition),
    )
    assert made.reference == "LOT-1/R1"
    assert f"LOT-1/R1, made by {made.created_by}" in str(refused)
    assert lot.followers.count() == 1


def test_double_click_makes_one_rework(lot: Task, mona: User) -> None:
    first, second = at_once(*(lambda: rework.make(lot.pk, by=mona) for _ in "12"))
    assert first == second


def test_two_reworks_of_one_chain_have_two_references(
    lot: Task, invoices: Queue, mona: User, anna: User
) -> None:
    invoices.counts_quantities = True
    invoices.save()
    five, four = (CheckInput(inspected=n, rejected=1) for n in (5, 4))
    first = rework.make(lot.pk, by=mona)
    actions.complete(_held(first, anna).pk, by=anna, outcome=Outcome.PARTIAL, check=five)
    again = first.followers.get()
    actions.complete(_held(again, anna).pk, by=anna, outcome=Outcome.FAILED, check=four)
    made = at_once(lambda: rework.make(first.pk, by=mona), lambda: rework.make(again.pk, by=mona))
    assert {one.reference for one in made} == {"LOT-1/R2", "LOT-1/R3"}


def test_reinspection_goes_to_its_checker_while_others_are_handed_work(
    lot: Task, invoices: Queue, mona: User, anna: User, ben: User, add_task: Callable[..., Task]
) -> None:
    invoices.reinspected_by = Reinspector.SAME
    invoices.save()
    made = rework.make(lot.pk, by=mona)
    actions.release(_held(made, anna).pk, by=mona, reason="To Ben.")
    actions.sign_in(ben.pk)
    for _ in range(3):
        add_task(invoices)
    at_once(
        lambda: actions.complete(made.pk, by=ben),
        lambda: actions.hand_out_to(anna.pk),
        lambda: actions.hand_out_from([invoices.pk]),
    )
    assert made.followers.count() == 1


def _held(task: Task, by: User) -> Task:
    """Return a task that a person holds now."""
    actions.hand_out_to(by.pk)
    task.refresh_from_db()
    assert task.assignee == by
    return task
