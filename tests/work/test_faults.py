"""One broken row stops nobody: the sweep logs it by name and goes on with all others."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from qc import history
from qc.models import Priority, Queue, Task, User
from qc.work import actions, edits, faults, lifecycle, matching, rework, sweep

pytestmark = pytest.mark.django_db(transaction=True)

AddTask = Callable[..., Task]


def breaks_for(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, is_broken: Any) -> None:
    """Make a function fail as the database would for a broken row."""
    whole = getattr(module, name)

    def broken(first: Any, *more: Any, **named: Any) -> Any:
        if is_broken(first):
            raise IntegrityError(4025, "CONSTRAINT failed")
        return whole(first, *more, **named)

    broken.__name__ = name
    monkeypatch.setattr(module, name, broken)


def test_person_who_cannot_be_signed_out_keeps_nobody_signed_in(
    anna: User,
    ben: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for person in (anna, ben):
        actions.sign_in(person.pk)
    User.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    breaks_for(monkeypatch, history, "record_many", lambda people: anna in people)
    assert sweep.sweep()["signed out"] == 1
    ben.refresh_from_db()
    assert not ben.is_logged_in
    assert "sign_out_if_unseen failed for anna; all others go on" in caplog.text
    assert faults.failures["sign_out_if_unseen"] >= 1


def test_task_that_cannot_be_assigned_leaves_work_to_all_others(
    anna: User,
    ben: User,
    invoices: Queue,
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for person in (anna, ben):
        actions.sign_in(person.pk)
    broken, sound = add_task(invoices), add_task(invoices)

    def has_broken(found: Sequence[Any]) -> bool:
        return any(one.task == broken.pk for one in found)

    breaks_for(monkeypatch, lifecycle, "hand_out", has_broken)
    matching.match()
    assert list(Task.objects.held()) == [sound]
    assert "_assign failed for QD-0001 for anna; all others go on" in caplog.text


def test_task_whose_priority_cannot_be_raised_holds_up_no_other(
    invoices: Queue,
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    due = timezone.now() - timedelta(minutes=1)
    broken, sound = (add_task(invoices, priority=Priority.P3, due_at=due) for _ in range(2))
    breaks_for(
        monkeypatch, history, "record_many", lambda tasks: any(one == broken for one in tasks)
    )
    assert sweep.sweep()["raised"] == 1
    sound.refresh_from_db()
    broken.refresh_from_db()
    assert (sound.priority, broken.priority) == (Priority.P2, Priority.P3)
    assert "raise_tasks failed for QD-0001; all others go on" in caplog.text


def test_database_that_is_away_is_no_fault_of_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_item: int) -> int:
        raise OperationalError(2013, "Lost connection")

    with pytest.raises(OperationalError):
        faults.each(away, [1, 2], str)


@pytest.mark.parametrize("error", [OperationalError(2006, "gone"), ValueError("a broken row")])
def test_change_whose_hand_out_fails_stands(
    anna: User,
    mona: User,
    invoices: Queue,
    labels: Queue,
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(rework_queue=labels)
    failed = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.complete(failed.pk, by=anna, outcome="failed", notes="torn")
    moved = add_task(invoices)

    def fails(queues: Sequence[int]) -> Any:
        raise error

    monkeypatch.setattr(matching, "_read_free", fails)
    assert edits.move(moved.pk, labels.pk, by=mona, reason="wrong pile").queue == labels
    assert rework.make(failed.pk, by=mona).queue == labels
