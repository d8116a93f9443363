"""Answers that arrive at the same moment, each by a database connection of its own."""

from collections.abc import Callable, Iterator

import pytest

from qc.audit import invariants
from qc.checks.check_input import CheckInput
from qc.core.exceptions import AlreadyCompleted, StaleDraft
from qc.models import Answer, Queue, Role, Task, User
from qc.work import actions, presence
from tests.conftest import person
from tests.databases import on_mariadb
from tests.plans import give_plan
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), on_mariadb]

AddTask = Callable[..., Task]
OK, NOT_OK = CheckInput({"lid": "ok"}), CheckInput({"lid": "not_ok"})
PEOPLE = 20


@pytest.fixture(autouse=True)
def sound_afterwards() -> Iterator[None]:
    """Whatever happened at once, the invariants hold after it."""
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def crowd(invoices: Queue, add_task: AddTask) -> list[tuple[User, Task]]:
    """Twenty people, each with a task of a queue with a plan."""
    give_plan(invoices, {"key": "lid"})
    people = [person(f"qc{n}", Role.QC_STAFF) for n in range(PEOPLE)]
    invoices.people.add(*people)
    for one in people:
        add_task(invoices)
        actions.sign_in(one.pk)
    return [(one, Task.objects.held_by(one).get()) for one in people]


@pytest.fixture
def held(invoices: Queue, anna: User, add_task: AddTask) -> Task:
    """A task with a plan, which Anna holds."""
    give_plan(invoices, {"key": "lid"})
    add_task(invoices)
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    return Task.objects.held_by(anna).get()


def test_twenty_answer_while_the_plan_is_published_anew(
    crowd: list[tuple[User, Task]], invoices: Queue
) -> None:
    first = invoices.plan
    for one, task in crowd[:10]:
        actions.open_task(task.pk, by=one)

    def answer(one: User, task: Task) -> None:
        actions.save_draft(task.pk, "", by=one, check=OK, plan=first.pk)
        actions.complete(task.pk, by=one, check=OK, plan=first.pk)

    at_once(
        lambda: give_plan(invoices, {"key": "lid"}, {"key": "weight"}),
        *(lambda one=one, task=task: answer(one, task) for one, task in crowd),
    )
    done = Task.objects.filter(status="completed")
    assert set(done.values_list("plan", flat=True)) == {first.pk}
    assert (done.count(), Answer.objects.count()) == (PEOPLE, PEOPLE)


def test_of_two_tabs_with_different_answers_one_wins_and_the_other_is_told(
    anna: User, held: Task
) -> None:
    found = at_once(
        *(
            lambda check=check: actions.complete(held.pk, by=anna, check=check)
            for check in (OK, NOT_OK)
        )
    )
    refusals = [one for one in found if isinstance(one, AlreadyCompleted)]
    assert len(refusals) == 1
    winner = (OK, NOT_OK)[found.index(next(one for one in found if one not in refusals))]
    assert Answer.objects.get().verdict == winner.answers["lid"]


def test_double_click_is_one_completion(anna: User, held: Task) -> None:
    found = at_once(*[lambda: actions.complete(held.pk, by=anna, check=OK)] * 4)
    assert [done.pk for done, _next in found] == [held.pk] * 4
    assert Answer.objects.count() == 1
    assert held.history.filter(kind="completed").count() == 1


def test_of_two_drafts_one_is_kept_and_the_other_told(anna: User, held: Task) -> None:
    found = at_once(
        *(
            lambda check=check: actions.save_draft(held.pk, "", by=anna, check=check, version=0)
            for check in (OK, NOT_OK)
        )
    )
    (stale,) = [one for one in found if isinstance(one, StaleDraft)]
    assert stale.findings == Task.objects.get(pk=held.pk).draft_findings
