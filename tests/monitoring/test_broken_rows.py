"""One broken row of each audited model: all others get work within a sweep, and it is named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from qc import tasks
from qc.models import JobRun, Queue, Task, User
from qc.work import actions, lifecycle, presence
from tests.databases import on_mariadb
from tests.monitoring.broken_rows import GONE, NO_JSON, NO_LENGTH, NO_MOMENT, NO_NUMBER, spoil

pytestmark = pytest.mark.django_db(transaction=True)

AddTask = Callable[..., Task]
IS_SQLITE = connection.vendor == "sqlite"
Values = dict[str, Any]


def ago(**units: int) -> Any:
    return timezone.now() - timedelta(**units)


@pytest.fixture
def shift(anna: User, ben: User, carla: User, invoices: Queue, add_task: AddTask) -> list[Task]:
    """Anna and Ben are free and four late tasks wait for them; Carla has left."""
    for person in (anna, ben, carla):
        presence.sign_in(person.pk)
    User.objects.filter(pk=carla.pk).update(last_seen_at=ago(hours=1))
    return [add_task(invoices, due_at=ago(minutes=9 - n)) for n in range(4)]


def named_after_a_sweep() -> set[str]:
    """Sweep once, as the worker does; return the rows that the status page then names."""
    tasks.sweep()
    return {one["name"] for one in JobRun.objects.get(name="sweep").failures}


def without_work(*people: User) -> list[User]:
    return [one for one in people if not Task.objects.held_by(one).exists()]


@pytest.mark.parametrize(
    ("column", "values"),
    [("due_at", NO_MOMENT), ("details", NO_JSON), ("priority", NO_NUMBER), ("queue_id", GONE)],
)
def test_broken_task_that_is_the_most_urgent_keeps_nobody_idle(
    column: str,
    values: Values,
    shift: list[Task],
    anna: User,
    ben: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    spoil(shift[0], column, values)
    assert "QD-0001" in named_after_a_sweep()
    assert "for QD-0001" in caplog.text
    assert without_work(anna, ben) == []


def test_broken_task_in_hand_stops_no_return_of_another(
    shift: list[Task], anna: User, ben: User
) -> None:
    tasks.sweep()
    Task.objects.held().update(assigned_at=ago(hours=1))
    User.objects.filter(pk__in=[anna.pk, ben.pk]).update(idle_since=None)
    broken = Task.objects.held_by(anna).get()
    spoil(broken, "due_at", NO_MOMENT)
    assert named_after_a_sweep() == {broken.reference}
    ben.refresh_from_db()
    assert ben.break_reason == "not responding"
    assert not Task.objects.held_by(ben).exists()


def test_person_whose_capacity_is_no_number_keeps_nobody_idle(
    shift: list[Task], anna: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(anna, "capacity", NO_NUMBER)
    named = named_after_a_sweep()
    assert without_work(ben) == []
    # On MariaDB a capacity is always a number; with 0 she is simply never free.
    assert ("anna" in named) == ("for anna" in caplog.text) == IS_SQLITE


def test_person_who_cannot_be_signed_out_keeps_nobody_idle(
    shift: list[Task], anna: User, ben: User, carla: User, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(carla, "date_joined", NO_MOMENT)
    assert named_after_a_sweep() == {"carla"}
    assert "sign_out_if_unseen failed for carla" in caplog.text
    assert without_work(anna, ben) == []


@pytest.mark.parametrize("column", ["target", "silent_after", "correct_within"])
def test_queue_with_a_length_that_is_none_keeps_nobody_idle(
    column: str, shift: list[Task], labels: Queue, anna: User, ben: User, add_task: AddTask
) -> None:
    Task.objects.create(
        reference="L-1", queue=labels, name="Label", due_at=ago(minutes=1), raise_at=ago(minutes=1)
    )
    spoil(labels, column, NO_LENGTH)
    first, second = named_after_a_sweep(), named_after_a_sweep()
    assert without_work(anna, ben) == []
    assert ("Labels" in first, "Labels" in second) == (IS_SQLITE, IS_SQLITE)


def test_queue_merged_into_nothing_keeps_nobody_idle(
    shift: list[Task], labels: Queue, anna: User, ben: User, add_task: AddTask
) -> None:
    add_task(labels)
    Queue.objects.filter(pk=labels.pk).update(is_closed=True)
    spoil(labels, "merged_into_id", GONE)
    assert named_after_a_sweep() == {"Labels"}
    assert without_work(anna, ben) == []


def test_row_is_named_until_a_later_run_can_do_it(
    shift: list[Task], anna: User, ben: User, invoices: Queue
) -> None:
    spoil(shift[0], "details", NO_JSON)
    assert named_after_a_sweep() == {"QD-0001"}
    # Nobody is free for it now, so it is not tried again.
    assert named_after_a_sweep() == {"QD-0001"}
    spoil(shift[0], "details", dict.fromkeys(NO_JSON, "{}"))
    User.objects.filter(pk=anna.pk).update(capacity=4)
    assert named_after_a_sweep() == set()
    run = JobRun.objects.get(name="sweep")
    assert (run.n_failures, run.runs, run.failed_runs) == (0, 3, 0)
    assert run.failed_items >= 1


def test_job_runs_on_although_its_run_cannot_be_recorded(
    shift: list[Task],
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(JobRun._meta, "db_table", "not_migrated_yet")
    tasks.sweep()
    assert without_work(anna) == []
    assert "the run of sweep can't be recorded" in caplog.text


def test_who_completes_a_task_is_told_so_although_the_next_one_is_broken(
    shift: list[Task], anna: User, ben: User
) -> None:
    presence.sign_out(ben.pk, by=None, reason="gone")
    tasks.sweep()
    held = Task.objects.held_by(anna).get()
    lifecycle.start(held.pk, by=anna)
    spoil(Task.objects.waiting()[0], "details", NO_JSON)
    done, following = actions.complete(held.pk, by=anna)
    assert (done.status, following) == ("completed", None)
    tasks.sweep()
    assert without_work(anna) == []


@on_mariadb
def test_process_that_froze_while_it_recorded_holds_up_no_sweep(
    shift: list[Task], anna: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.sweep()
    Task.objects.held().update(assigned_at=ago(hours=1))
    User.objects.update(idle_since=None)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT * FROM qc_jobrun WHERE name = 'sweep' FOR UPDATE")
        sent: list[str] = []

        def note(execute: Any, sql: str, *more: Any) -> Any:
            sent.append(sql)
            return execute(sql, *more)

        with connection.execute_wrapper(note):
            tasks.sweep()
    finally:
        other.close()
    anna.refresh_from_db()
    assert anna.break_reason == "not responding"
    assert "the run of sweep is not recorded" in caplog.text
    # Nobody waits for the lock.
    locking = [sql for sql in sent if "qc_jobrun" in sql and "FOR UPDATE" in sql]
    assert locking
    assert all("NOWAIT" in sql for sql in locking)
