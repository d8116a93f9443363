"""Completing a task and handing out the next is one transaction, and a completion always stands."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from qc.core import transactions
from qc.core.exceptions import InvalidTransition, NotFound
from qc.models import Queue, Task, User
from qc.work import actions, assignment, lifecycle, presence, sweep

pytestmark = pytest.mark.django_db(transaction=True)

AddTask = Callable[..., Task]
DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")
LOCK_WAIT = OperationalError(1205, "Lock wait timeout exceeded")
BROKEN = IntegrityError(4025, "CONSTRAINT failed")


@pytest.fixture
def held(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task that Anna holds, while another one waits."""
    first, _second = add_task(invoices), add_task(invoices)
    presence.sign_in(anna.pk)
    assignment.hand_out(anna.pk)
    anna.refresh_from_db()
    return first


@pytest.fixture(params=["page", "API"])
def complete(request: pytest.FixtureRequest) -> Any:
    """Complete a task as the page or the API does."""
    return partial(actions.complete, is_shown=request.param == "API")


def fails(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> None:
    """Make the next hand-outs fail with these errors, one after the other."""
    rest, assign_many = list(errors), lifecycle.assign_many

    def failing(found: Any, **how: Any) -> None:
        if rest:
            raise rest.pop(0)
        assign_many(found, **how)

    monkeypatch.setattr(lifecycle, "assign_many", failing)


def kinds(task: Task) -> list[str]:
    rows = task.history.filter(history_type="~").order_by("history_id")
    return list(rows.values_list("kind", flat=True))


def test_rows_are_in_the_order_of_events(anna: User, held: Task, complete: Any) -> None:
    done, following = complete(held.pk, by=anna)
    rows = list(Task.history.order_by("history_id"))[-2:]
    assert [(row.id, row.kind) for row in rows] == [
        (done.pk, "completed"),
        (following.pk, "assigned"),
    ]
    assert [row.history_user for row in rows] == [anna, None]
    assert [row.person for row in rows] == [anna, anna]
    assert rows[0].history_date <= rows[1].history_date
    assert "most urgent of their one queue" in rows[1].history_change_reason


@pytest.mark.parametrize("error", [DEADLOCK, BROKEN])
def test_hand_out_that_fails_once_comes_after_the_completion(
    anna: User, held: Task, complete: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, error)
    done, following = complete(held.pk, by=anna)
    assert (kinds(done), kinds(following)) == (["assigned", "completed"], ["assigned"])
    assert Task.objects.held_by(anna).get() == following


@pytest.mark.parametrize("error", [DEADLOCK, LOCK_WAIT, BROKEN])
def test_completion_stands_where_the_hand_out_fails_and_the_sweep_makes_up_for_it(
    anna: User, held: Task, complete: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fails(patch, *[error] * 2 * transactions.ATTEMPTS)
        done, following = complete(held.pk, by=anna)
    assert (done.status, following, kinds(done)) == ("completed", None, ["assigned", "completed"])
    sweep.sweep()
    assert Task.objects.held_by(anna).exists()


def test_hand_out_that_waited_for_a_lock_in_vain_is_not_tried_again(
    anna: User, held: Task, complete: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, LOCK_WAIT)
    assert complete(held.pk, by=anna)[1] is None


def test_database_that_goes_away_in_the_hand_out_changes_nothing(
    anna: User, held: Task, complete: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(monkeypatch, OperationalError(2013, "Lost connection"))
    with pytest.raises(OperationalError):
        complete(held.pk, by=anna)
    assert kinds(held) == ["assigned"]
    held.refresh_from_db()
    assert held.status == "assigned"


def test_refused_completion_leaves_the_idle_time_as_it_was(
    anna: User, held: Task, mona: User, complete: Any
) -> None:
    actions.hold(held.pk, by=mona, reason="call them")
    before = User.objects.get(pk=anna.pk).idle_since
    with pytest.raises(InvalidTransition):
        complete(held.pk, by=anna)
    assert User.objects.get(pk=anna.pk).idle_since == before


@pytest.mark.parametrize(
    "columns",
    [
        {"break_reason": "Lunch"},
        {"is_logged_in": False},
        {"is_active": False},
    ],
)
def test_who_left_since_they_were_read_gets_nothing(
    anna: User, held: Task, complete: Any, columns: dict[str, Any]
) -> None:
    User.objects.filter(pk=anna.pk).update(**columns)
    done, following = complete(held.pk, by=anna)
    assert (done.status, following) == ("completed", None)
    assert not Task.objects.held().exists()


@pytest.mark.parametrize(("capacity", "gets"), [(1, 0), (2, 0), (3, 1)])
def test_capacity_that_changed_since_they_were_read_counts(
    anna: User, invoices: Queue, add_task: AddTask, complete: Any, capacity: int, gets: int
) -> None:
    User.objects.filter(pk=anna.pk).update(capacity=3)
    tasks = [add_task(invoices) for _ in range(6)]
    presence.sign_in(anna.pk)
    assignment.hand_out(anna.pk)
    anna.refresh_from_db()
    User.objects.filter(pk=anna.pk).update(capacity=capacity)
    complete(tasks[0].pk, by=anna)
    assert Task.objects.held_by(anna).count() == 2 + gets


def test_restarts_the_idle_time_also_where_nothing_waits(
    anna: User, held: Task, complete: Any
) -> None:
    Task.objects.exclude(pk=held.pk).delete()
    long_ago = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=anna.pk).update(idle_since=long_ago)
    complete(held.pk, by=anna)
    moment = User.objects.get(pk=anna.pk).idle_since
    assert moment is not None
    assert moment > long_ago


@pytest.mark.parametrize("unknown", [987654, 10**25])
def test_unknown_task_is_not_found(anna: User, complete: Any, unknown: int) -> None:
    with pytest.raises(NotFound):
        complete(unknown, by=anna)


class TestOtherChanges:
    """What committed is answered as done, although the hand-out after it is lost to others."""

    @pytest.fixture(autouse=True)
    def hand_out_is_busy(self, held: Task, monkeypatch: pytest.MonkeyPatch) -> None:
        def busy(*_who: Any, **_how: Any) -> None:
            raise DEADLOCK

        monkeypatch.setattr(assignment, "hand_out_to", busy)

    def test_task_is_given_back(self, anna: User, held: Task) -> None:
        assert actions.release(held.pk, by=anna, reason="torn").status == "pending"

    def test_person_is_signed_in(self, ben: User) -> None:
        assert actions.sign_in(ben.pk).is_logged_in

    def test_person_is_back_from_a_break(self, anna: User) -> None:
        actions.take_break(anna.pk, by=anna, reason="Lunch")
        assert actions.come_back(anna.pk, by=anna).takes_work
