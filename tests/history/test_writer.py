"""Each change writes exactly one history row with user, moment, reason and channel."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from qc import history
from qc.core.context import Channel, acting
from qc.core.exceptions import InvalidInput
from qc.models import Queue, Task, User
from qc.work import actions, lifecycle

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def test_each_transition_writes_one_row(
    anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    steps = [
        ("started", lambda: lifecycle.start(task.pk, by=anna)),
        ("released", lambda: lifecycle.release(task.pk, by=anna, reason="too dark")),
        ("held", lambda: lifecycle.hold(task.pk, by=mona, reason="call them")),
        ("resumed", lambda: lifecycle.resume(task.pk, by=mona)),
        ("cancelled", lambda: lifecycle.cancel(task.pk, by=mona, reason="twice")),
        ("reopened", lambda: lifecycle.reopen(task.pk, by=mona, reason="not twice")),
        ("claimed", lambda: actions.claim(task.pk, by=anna)),
        ("completed", lambda: lifecycle.complete(task.pk, by=anna)),
    ]
    for kind, step in steps:
        before = task.history.count()
        step()
        assert task.history.count() == before + 1
        assert task.history.first().kind == kind


def test_row_has_user_reason_moment_and_channel(
    anna: User, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    begun = timezone.now()
    with acting(Channel.PAGE, mona):
        lifecycle.hold(task.pk, by=mona, reason="call them")
    row = history.of(task).first()
    assert (row.history_user, row.history_change_reason) == (mona, "call them")
    assert (row.through, row.kind, row.status) == ("page", "held", "on_hold")
    assert begun <= row.history_date <= timezone.now()


def test_refused_change_writes_no_row(mona: User, invoices: Queue, add_task: AddTask) -> None:
    task = add_task(invoices)
    with pytest.raises(InvalidInput):
        lifecycle.hold(task.pk, by=mona, reason="")
    assert task.history.count() == 1


def test_reason_and_user_are_not_repeated_by_the_next_save(
    mona: User, invoices: Queue, add_task: AddTask
) -> None:
    task = lifecycle.hold(add_task(invoices).pk, by=mona, reason="call them")
    task.name = "Other name"
    task.save()
    row = task.history.first()
    assert (row.history_user, row.history_change_reason, row.kind) == (None, None, "")


def test_rows_written_together_have_their_own_reasons(
    invoices: Queue, add_task: AddTask, mona: User
) -> None:
    tasks = [add_task(invoices) for _ in range(3)]
    history.record_many(tasks, kind="raised", by=mona, reasons=["a", "b", "c"])
    rows = [task.history.get(kind="raised") for task in tasks]
    assert [row.history_change_reason for row in rows] == ["a", "b", "c"]
    assert {row.history_user for row in rows} == {mona}
    history.record_many([], kind="raised", by=mona, reasons=[])


def test_channel_and_user_apply_only_inside_acting(mona: User, invoices: Queue) -> None:
    with acting(Channel.IMPORT, mona):
        invoices.save()
    invoices.save()
    after, inside = invoices.history.all()[:2]
    assert (inside.through, inside.history_user) == ("import", mona)
    assert (after.through, after.history_user) == ("shell", None)
