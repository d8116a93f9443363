"""Two managers and one who finishes at the same moment: nothing is lost, given twice or stuck."""

from collections.abc import Callable, Iterator

import pytest

from qc.audit import invariants
from qc.models import Queue, Role, Status, Task, User
from qc.work import actions
from tests.conftest import person
from tests.databases import on_mariadb
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), on_mariadb]

AddTask = Callable[..., Task]


@pytest.fixture(autouse=True)
def sound_afterwards() -> Iterator[None]:
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def other_manager(db: None) -> User:
    return person("max", Role.MANAGERS)


@pytest.fixture
def both(anna: User, ben: User, invoices: Queue, add_task: AddTask) -> list[Task]:
    """Anna and Ben have a task each; three more wait."""
    invoices.save()  # so that its history knows the people
    tasks = [add_task(invoices) for _ in range(5)]
    for one in (anna, ben):
        actions.sign_in(one.pk)
    return tasks


def test_task_put_next_for_two_is_in_one_line(
    both: list[Task], anna: User, ben: User, mona: User, other_manager: User
) -> None:
    waiting = both[4]
    mine = Task.objects.held_by(anna).get()
    at_once(
        lambda: actions.give_next(waiting.pk, anna.pk, by=mona),
        lambda: actions.give_next(waiting.pk, ben.pk, by=other_manager),
        lambda: actions.complete(mine.pk, by=anna),
    )
    waiting.refresh_from_db()
    if waiting.status == Status.PENDING:
        assert waiting.next_for in (anna, ben)
    assert Task.objects.held_by(anna).count() == Task.objects.held_by(ben).count() == 1


def test_task_taken_back_while_its_person_finishes_is_theirs_or_waits(
    both: list[Task], anna: User, mona: User
) -> None:
    waiting = both[4]
    for _ in range(3):
        actions.give_next(waiting.pk, anna.pk, by=mona)
        mine = Task.objects.held_by(anna).get()
        at_once(
            lambda: actions.take_from_line(waiting.pk, by=mona),
            lambda task=mine: actions.complete(task.pk, by=anna),
        )
        waiting.refresh_from_db()
        assert waiting.next_for is None
        assert Task.objects.held_by(anna).count() == 1
        if waiting.status != Status.PENDING:
            break
