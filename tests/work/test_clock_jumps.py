"""A clock that is set forward, or a machine that slept: nobody was away for that long."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.core.clock import Clock
from qc.models import Status, Task, User
from qc.work import actions, lifecycle, sweep

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Jump = Callable[[timedelta], None]


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jump]:
    """Set the clock forward or back, after it was looked at by a sweep."""
    real = timezone.now

    def jump(by: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: real() + by)

    monkeypatch.setattr(sweep, "CLOCK", Clock())
    sweep.sweep()
    return jump


def seen(person: User, before: timedelta = timedelta(0)) -> None:
    User.objects.filter(pk=person.pk).update(last_seen_at=timezone.now() - before)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def is_there(person: User) -> bool:
    return User.objects.get(pk=person.pk).is_logged_in


def test_hour_forward_signs_nobody_out_and_takes_nothing(
    held: Task, anna: User, jump: Jump, caplog: Any
) -> None:
    seen(anna, minutes(5))
    jump(HOUR)
    sweep.sweep()
    sweep.sweep()
    held.refresh_from_db()
    assert is_there(anna)
    assert (held.status, held.assignee) == (Status.ASSIGNED, anna)
    assert caplog.text.count("the clock jumped by 1:00:0") == 1


def test_who_was_away_before_is_signed_out_all_the_same(anna: User, jump: Jump) -> None:
    actions.sign_in(anna.pk)
    seen(anna, minutes(16))
    jump(HOUR)
    sweep.sweep()
    assert not is_there(anna)


def test_who_is_away_after_it_is_signed_out_in_their_time(anna: User, jump: Jump) -> None:
    actions.sign_in(anna.pk)
    jump(HOUR)
    sweep.sweep()
    seen(anna, minutes(14))
    sweep.sweep()
    assert is_there(anna)


def test_started_task_stays_with_its_person(held: Task, anna: User, jump: Jump) -> None:
    lifecycle.start(held.pk, by=anna)
    jump(3 * HOUR)
    sweep.sweep()
    held.refresh_from_db()
    assert held.assignee == anna


def test_hour_back_and_forward_again_changes_nothing(anna: User, jump: Jump) -> None:
    actions.sign_in(anna.pk)
    for by in (-HOUR, timedelta(0), HOUR, timedelta(0)):
        jump(by)
        sweep.sweep()
    assert is_there(anna)
    seen(anna, minutes(16))
    sweep.sweep()
    assert not is_there(anna)


def test_small_corrections_are_no_jump(anna: User, jump: Jump) -> None:
    actions.sign_in(anna.pk)
    seen(anna, minutes(14) + timedelta(seconds=30))
    jump(timedelta(seconds=40))
    sweep.sweep()
    assert not is_there(anna)
