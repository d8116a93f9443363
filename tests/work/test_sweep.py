"""The sweep: people unseen, tasks not started, tasks overdue, people free."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.models import Priority, Queue, Status, Task, User
from qc.tasks import sweep as sweep_job
from qc.tasks import tidy
from qc.work import actions, lifecycle, sweep

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def ago(**units: int) -> Any:
    return timezone.now() - timedelta(**units)


class TestUnseenPeople:
    def test_signed_out_and_their_tasks_returned(self, held: Task, anna: User) -> None:
        User.objects.filter(pk=anna.pk).update(last_seen_at=ago(minutes=16))
        assert sweep.sweep()["signed out"] == 1
        held.refresh_from_db()
        assert held.status == Status.PENDING
        row = held.history.get(kind="returned")
        assert (row.history_change_reason, row.person) == ("not seen for 15 minutes", anna)
        assert (row.through, row.history_user) == ("sweep", None)
        gone = anna.history.get(kind="signed out")
        assert (gone.through, gone.history_change_reason) == ("sweep", "not seen for 15 minutes")

    def test_people_seen_lately_stay(self, held: Task, anna: User) -> None:
        User.objects.filter(pk=anna.pk).update(last_seen_at=ago(minutes=14))
        assert sweep.sign_out_unseen() == 0

    def test_people_seen_meanwhile_stay(self, held: Task, anna: User) -> None:
        assert not sweep.sign_out_if_unseen(anna.pk, ago(minutes=15))

    def test_their_tasks_go_to_free_people(self, held: Task, anna: User, ben: User) -> None:
        actions.sign_in(ben.pk)
        User.objects.filter(pk=anna.pk).update(last_seen_at=None)
        sweep.sweep()
        held.refresh_from_db()
        assert held.assignee == ben


class TestTasksNotStarted:
    def test_returned_and_their_holder_put_on_break(self, held: Task, anna: User) -> None:
        Task.objects.filter(pk=held.pk).update(assigned_at=ago(minutes=11))
        assert sweep.sweep()["returned"] == 1
        held.refresh_from_db()
        anna.refresh_from_db()
        assert held.assignee is None
        assert anna.break_reason == NOT_RESPONDING
        row = held.history.get(kind="returned")
        assert (row.history_change_reason, row.person) == ("not started within 10 minutes", anna)
        assert anna.history.filter(kind="went on break").count() == 1

    def test_started_tasks_stay(self, held: Task, anna: User) -> None:
        lifecycle.start(held.pk, by=anna)
        Task.objects.filter(pk=held.pk).update(assigned_at=ago(minutes=11))
        assert sweep.return_not_started() == 0
        assert not sweep.return_if_not_started(held.pk, ago(minutes=10))

    def test_task_returns_to_a_holder_who_comes_back(self, held: Task, anna: User) -> None:
        Task.objects.filter(pk=held.pk).update(assigned_at=ago(minutes=11))
        sweep.sweep()
        actions.come_back(anna.pk, by=anna)
        held.refresh_from_db()
        assert held.assignee == anna


class TestOverdueTasks:
    @pytest.fixture
    def late(self, invoices: Queue, add_task: AddTask) -> Task:
        return add_task(invoices, priority=Priority.P3, due_at=ago(minutes=1))

    def test_raised_one_priority_with_a_history_row(self, late: Task) -> None:
        assert sweep.sweep()["raised"] == 1
        late.refresh_from_db()
        assert late.priority == Priority.P2
        row = late.history.get(kind="raised")
        assert (row.priority, row.through) == (Priority.P2, "sweep")
        assert row.history_change_reason.startswith("past due since")

    def test_raised_once_in_each_target_period(self, late: Task, invoices: Queue) -> None:
        sweep.raise_overdue()
        assert sweep.raise_overdue() == 0
        late.refresh_from_db()
        assert timezone.now() < late.raise_at <= timezone.now() + invoices.target
        Task.objects.filter(pk=late.pk).update(raise_at=ago(minutes=1))
        assert sweep.raise_overdue() == 1

    def test_never_raised_above_p1(self, late: Task) -> None:
        for _ in range(4):
            sweep.raise_overdue()
            Task.objects.filter(pk=late.pk, raise_at__isnull=False).update(raise_at=ago(minutes=1))
        late.refresh_from_db()
        assert (late.priority, late.raise_at) == (Priority.P1, None)

    def test_only_waiting_tasks_are_raised(self, late: Task, mona: User) -> None:
        lifecycle.hold(late.pk, by=mona, reason="call them")
        assert sweep.raise_overdue() == 0

    def test_not_raised_before_due(self, invoices: Queue, add_task: AddTask) -> None:
        add_task(invoices)
        assert sweep.raise_overdue() == 0


class TestSweep:
    def test_hands_out_what_no_event_did(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        task = add_task(invoices)
        assert sweep.sweep()["assigned"] == 1
        assert task.history.get(kind="assigned").through == "sweep"

    def test_second_sweep_does_nothing(self, held: Task) -> None:
        sweep.sweep()
        assert not any(sweep.sweep().values())

    def test_celery_job_runs_the_sweep(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        actions.sign_in(anna.pk)
        task = add_task(invoices)
        sweep_job()
        task.refresh_from_db()
        assert task.assignee == anna

    def test_tidy_deletes_only_what_has_expired(self, anna: User) -> None:
        from django.contrib.sessions.models import Session
        from knox.models import AuthToken

        Session.objects.create(session_key="old", expire_date=ago(days=1))
        Session.objects.create(session_key="new", expire_date=ago(days=-1))
        AuthToken.objects.create(anna, expiry=timedelta(days=-1))
        AuthToken.objects.create(anna, expiry=timedelta(days=1))
        tidy()
        assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
        assert AuthToken.objects.count() == 1
