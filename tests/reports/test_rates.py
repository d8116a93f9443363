"""First-pass yield, rework share and rejected units: what counts, and what does not."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from qc.models import Purpose, Queue, Task, User
from qc.reports import rates
from qc.reports.rates import Rates
from qc.reports.span import Span
from qc.work import assignment, lifecycle, presence
from tests.checked import checked

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def today(queue: Queue | None = None) -> Rates:
    day = timezone.localdate()
    return rates.rates(Span(day, day, queue and queue.pk))


def counts(queue: Queue | None = None) -> tuple[int, int]:
    first_pass = today(queue).first_pass
    return first_pass.hits, first_pass.cases


def test_reinspections_and_reworks_do_not_count(invoices: Queue, anna: User) -> None:
    failed = checked(invoices, anna, outcome="failed")
    checked(invoices, anna, outcome="passed", purpose=Purpose.REWORK, origin=failed)
    checked(invoices, anna, outcome="passed", purpose=Purpose.REINSPECTION, origin=failed)
    assert counts() == (0, 1)
    assert (today().rework.hits, today().rework.cases) == (1, 1)


def test_what_passed_in_part_did_not_fail(invoices: Queue, labels: Queue, anna: User) -> None:
    checked(invoices, anna, outcome="partial", inspected=10, rejected=1)
    checked(labels, anna, outcome="failed")
    assert counts(invoices) == (1, 1)
    assert (today().rejected.hits, today().rejected.cases) == (1, 10)


def work(task: Task, by: User, outcome: str) -> None:
    if not by.is_logged_in:
        presence.sign_in(by.pk)
    assignment.hand_out(by.pk)
    lifecycle.complete(task.pk, by=by, outcome=outcome, notes="See above.")


@pytest.mark.parametrize(("outcome", "hits"), [("failed", 0), ("passed", 1)])
def test_first_completion_counts_where_a_task_was_reopened(
    outcome: str, hits: int, invoices: Queue, anna: User, mona: User, add_task: AddTask
) -> None:
    task = add_task(invoices)
    work(task, anna, outcome)
    lifecycle.reopen(task.pk, by=mona, reason="Look again")
    work(task, anna, "passed")
    assert counts() == (hits, 1)


def test_reopened_after_it_was_cancelled_says_nothing_of_its_outcome(
    invoices: Queue, anna: User, mona: User, add_task: AddTask
) -> None:
    task = add_task(invoices)
    lifecycle.cancel(task.pk, by=mona, reason="Not needed")
    lifecycle.reopen(task.pk, by=mona, reason="Needed")
    work(task, anna, "passed")
    assert counts() == (1, 1)
