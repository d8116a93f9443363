"""The log of events: every change of a task once, in an order in which no reader misses any."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from qc.core.context import Channel, acting
from qc.models import ChangeKind, EventType, Queue, Task, TaskEvent, TaskEventLog, User
from qc.webhooks import log, types
from qc.work import assignment, lifecycle
from tests.databases import on_mariadb, on_sqlite

# What tasks never are, by the names of the kinds.
OF_OTHERS = {
    *("ANONYMISED", "BREAK_BEGUN", "BREAK_ENDED", "CLOSED", "ERASURE_ASKED", "ERASURE_DROPPED"),
    *("IDENTITY_LINKED", "LINK_MADE", "MERGED", "PASSWORD_CHANGED", "PAUSED", "PLAN_PUBLISHED"),
    *("ROLES_CHANGED", "SETTINGS_CHANGED", "SIGNED_IN", "SIGNED_OUT", "UNPAUSED"),
}
# What changes columns of a task, and is no step of its life.
CHANGES = {
    *("CHANGED", "DUE_SET", "IMPORTED", "MOVED", "PRIORITY_SET", "PUT_NEXT", "RAISED"),
    *("TAKEN_FROM_LINE", "UNDONE"),
}


@pytest.fixture(autouse=True)
def begun(db: None) -> None:
    log.collect()


def logged() -> list[tuple[str, int]]:
    return list(TaskEvent.objects.order_by("pk").values_list("type", "task"))


@on_sqlite
def test_every_kind_of_change_of_a_task_has_a_type() -> None:
    kinds = {kind.name for kind in ChangeKind}
    assert {kind.name for kind in types.OF_KIND} | CHANGES | OF_OTHERS == kinds
    assert set(types.OF_KIND.values()).isdisjoint({EventType.CHANGED, EventType.CREATED})


def test_life_of_a_task_is_logged_once_and_in_order(
    anna: User, add_task: Callable[..., Task], invoices: Queue
) -> None:
    task = add_task(invoices)
    User.objects.filter(pk=anna.pk).update(is_logged_in=True)
    assignment.claim(task.pk, by=anna)
    lifecycle.start(task.pk, by=anna)
    assert log.collect() == 3
    lifecycle.release(task.pk, by=anna, reason="No paper")
    assert log.collect() == 1
    assert log.collect() == 0
    expected = ["task.created", "task.claimed", "task.started", "task.released"]
    assert logged() == [(type_, task.pk) for type_ in expected]
    [created, *_others] = TaskEvent.objects.order_by("pk")
    row = Task.history.get(history_id=created.row)
    assert (created.happened_at, created.queue) == (row.history_date, invoices.pk)


def test_rows_that_appear_late_are_found_before_later_ones_of_their_task(
    mona: User, add_task: Callable[..., Task], invoices: Queue
) -> None:
    tasks = [add_task(invoices) for _ in range(3)]
    log.collect()
    # As if the rows of the first task had appeared only now, long after others.
    first = TaskEvent.objects.filter(task=tasks[0].pk)
    newest = TaskEvent.objects.latest("row").row
    first.delete()
    TaskEventLog.objects.update(floor=newest, next_floor=newest)
    assert log.collect() == 0
    lifecycle.hold(tasks[0].pk, by=mona, reason="Wait")
    log.collect()
    late = [(type_, task) for type_, task in logged() if task == tasks[0].pk]
    assert late == [("task.created", tasks[0].pk), ("task.held", tasks[0].pk)]


def test_rows_that_appear_late_are_found_within_a_minute(
    add_task: Callable[..., Task], invoices: Queue
) -> None:
    add_task(invoices)
    log.collect()
    newest = TaskEvent.objects.latest("row").row
    TaskEvent.objects.all().delete()
    a_minute_ago = timezone.now() - log.NEAR
    TaskEventLog.objects.update(floor=newest, next_floor=newest)
    assert log.collect() == 0
    TaskEventLog.objects.update(searched_far_at=a_minute_ago)
    assert log.collect() == 1


def test_backlog_is_added_in_batches_in_its_order(
    add_task: Callable[..., Task], invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BATCH", 2)
    for _ in range(5):
        add_task(invoices)
    assert log.collect() == 5
    rows = list(TaskEvent.objects.order_by("pk").values_list("row", flat=True))
    assert rows == sorted(rows)


def test_after_a_long_time_without_readers_only_what_is_kept_is_added(
    add_task: Callable[..., Task], invoices: Queue
) -> None:
    old, new = add_task(invoices), add_task(invoices)
    ago = timezone.now() - log.KEPT - timedelta(days=1)
    Task.history.filter(id=old.pk).update(history_date=ago)
    TaskEventLog.objects.update(collected_at=ago)
    log.collect()
    assert [task for _type, task in logged()] == [new.pk]


def test_old_events_are_deleted_and_readers_before_them_are_told(
    add_task: Callable[..., Task], invoices: Queue
) -> None:
    before = log.newest()
    add_task(invoices)
    log.collect()
    end = log.newest()
    TaskEvent.objects.update(collected_at=timezone.now() - log.KEPT - timedelta(hours=1))
    assert log.delete_old() == 1
    assert log.is_expired(before)
    assert not log.is_expired(end)
    assert log.newest() == end


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_transactions_that_commit_out_of_order_lose_nothing(
    mona: User, add_task: Callable[..., Task], invoices: Queue
) -> None:
    log.collect()
    tasks = [add_task(invoices) for _ in range(2)]
    log.collect()
    has_written, may_commit = threading.Event(), threading.Event()

    def hold_slowly() -> None:
        try:
            with transaction.atomic(), acting(Channel.SHELL):
                lifecycle.hold(tasks[0].pk, by=mona, reason="Slow")
                has_written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    slow = threading.Thread(target=hold_slowly)
    slow.start()
    assert has_written.wait(10)
    lifecycle.hold(tasks[1].pk, by=mona, reason="Quick")
    assert log.collect() == 1
    seen = log.newest()
    may_commit.set()
    slow.join()
    assert log.collect() == 1
    [late] = TaskEvent.objects.filter(pk__gt=seen)
    assert late.task == tasks[0].pk
    assert late.row < TaskEvent.objects.get(pk=seen).row


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_second_collector_returns_at_once(add_task: Callable[..., Task], invoices: Queue) -> None:
    log.collect()
    add_task(invoices)
    found: list[int] = []

    def collect() -> None:
        found.append(log.collect())
        connection.close()

    with transaction.atomic():
        TaskEventLog.objects.select_for_update().get()
        other = threading.Thread(target=collect)
        other.start()
        other.join(10)
    assert found == [0]
    assert log.collect() == 1


@on_mariadb
def test_cost_is_bounded_by_what_is_recent(add_task: Callable[..., Task], invoices: Queue) -> None:
    for _ in range(300):
        add_task(invoices)
    log.collect()
    newest = TaskEvent.objects.latest("row").row
    TaskEventLog.objects.update(floor=newest, next_floor=newest)
    add_task(invoices)
    before = rows_read()
    assert log.collect() == 1
    assert rows_read() - before < 200


def rows_read() -> int:
    """Return how many rows this connection has read so far."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(n) for _name, n in cursor.fetchall())
