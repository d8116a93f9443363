"""The sweep: people unseen, tasks not started, tasks overdue, people free."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from qc.audit import invariants
from qc.core import compiled_queries
from qc.models import NOT_RESPONDING, Priority, Queue, Role, SignIn, Status, Task, User
from qc.tasks import sweep as sweep_job
from qc.tasks import tidy
from qc.work import actions, lifecycle, presence, sweep
from tests.conftest import person

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
# No assignee, and no slot.
NOBODY = (None, None)


def ago(**units: int) -> Any:
    return timezone.now() - timedelta(**units)


def given_minutes_ago(task: Task, minutes: int) -> None:
    """Make a task's holder free, and assign it to them, so many minutes ago."""
    moment = ago(minutes=minutes)
    Task.objects.filter(pk=task.pk).update(assigned_at=moment)
    User.objects.filter(pk=task.assignee_id).update(idle_since=moment)


def not_seen_for(somebody: User, minutes: int) -> None:
    User.objects.filter(pk=somebody.pk).update(last_seen_at=ago(minutes=minutes))


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
        assert not sweep.sign_out_if_unseen([anna.pk], timezone.now())

    def test_their_tasks_go_to_free_people(self, held: Task, anna: User, ben: User) -> None:
        actions.sign_in(ben.pk)
        User.objects.filter(pk=anna.pk).update(last_seen_at=None)
        sweep.sweep()
        held.refresh_from_db()
        assert held.assignee == ben

    def test_keep_what_they_have_started(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        begun, other = add_task(invoices), add_task(invoices)
        User.objects.filter(pk=anna.pk).update(capacity=2)
        actions.sign_in(anna.pk)
        lifecycle.start(begun.pk, by=anna)
        not_seen_for(anna, 16)
        assert sweep.sign_out_unseen() == 1
        assert list(Task.objects.held_by(anna)) == [begun]
        other.refresh_from_db()
        assert other.status == Status.PENDING
        assert not list(invariants.broken())

    def test_complete_what_they_had_started_when_they_come_back(
        self, held: Task, anna: User
    ) -> None:
        lifecycle.start(held.pk, by=anna)
        not_seen_for(anna, 16)
        sweep.sweep()
        anna.refresh_from_db()
        assert actions.back_at_work(anna)
        done, _ = actions.complete(held.pk, by=anna)
        assert done.status == Status.COMPLETED

    def test_on_a_lunch_break_stay_and_keep_their_tasks(self, held: Task, anna: User) -> None:
        actions.take_break(anna.pk, by=anna, reason="Lunch")
        given_minutes_ago(held, 45)
        not_seen_for(anna, 45)
        User.objects.filter(pk=anna.pk).update(idle_since=None)
        assert not any(sweep.sweep().values())
        anna.refresh_from_db()
        assert (anna.break_reason, Task.objects.held_by(anna).get()) == ("Lunch", held)
        assert not actions.back_at_work(anna)

    def test_have_the_whole_time_again_after_a_break(self, held: Task, anna: User) -> None:
        actions.take_break(anna.pk, by=anna, reason="Lunch")
        Task.objects.filter(pk=held.pk).update(assigned_at=ago(minutes=45))
        actions.come_back(anna.pk, by=anna)
        assert sweep.return_not_started() == 0

    def test_on_a_break_of_hours_are_signed_out(self, held: Task, anna: User) -> None:
        actions.take_break(anna.pk, by=anna, reason="Lunch")
        not_seen_for(anna, 121)
        assert sweep.sign_out_unseen() == 1
        gone = anna.history.get(kind="signed out")
        assert gone.history_change_reason == "not seen for 120 minutes"


def crowd_unseen(n: int, queue: Queue, add_task: AddTask) -> list[Task]:
    """Return the tasks of n people, one each, who were not seen for hours; the last is on lunch."""
    tasks = [add_task(queue) for _ in range(n)]
    people = [person(f"qc{number}", Role.QC_STAFF) for number in range(n)]
    queue.people.add(*people)
    for one in people:
        actions.sign_in(one.pk)
    presence.take_break(people[-1].pk, by=None, reason="Lunch")
    User.objects.update(last_seen_at=ago(hours=3))
    return tasks


class TestManyUnseenPeople:
    @pytest.mark.parametrize("people", [2, 20])
    def test_signed_out_by_the_same_statements_however_many(
        self,
        people: int,
        invoices: Queue,
        add_task: AddTask,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        crowd_unseen(people, invoices, add_task)
        # How long a statement may be is asked for once by each process.
        list(compiled_queries.pieces([(1,), (2,)], iter))
        # Who; the people under their locks, their tasks and queues; two updates with their history;
        # and what is in their lines.
        with django_assert_num_queries(10):
            assert sweep.sign_out_unseen() == people
        assert not list(invariants.broken())

    def test_have_one_row_each_with_their_own_reason(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        tasks = crowd_unseen(3, invoices, add_task)
        assert sweep.sign_out_unseen() == 3
        for task, minutes in zip(tasks, (15, 15, 120), strict=True):
            row = task.history.get(kind="returned")
            gone = row.person.history.get(kind="signed out")
            why = f"not seen for {minutes} minutes"
            assert (row.history_change_reason, gone.history_change_reason) == (why, why)
            assert (row.history_user, row.status, row.assignee, row.slot) == (
                None,
                "pending",
                *NOBODY,
            )
            assert (gone.is_logged_in, gone.break_reason) == (False, "")
            assert list(gone.groups.values_list("group__name", flat=True)) == [Role.QC_STAFF]
            assert gone.history_date <= row.history_date

    def test_are_signed_out_in_transactions_that_nobody_waits_for_long(
        self, monkeypatch: pytest.MonkeyPatch, invoices: Queue, add_task: AddTask
    ) -> None:
        crowd_unseen(5, invoices, add_task)
        monkeypatch.setattr(sweep, "SIGNED_OUT_AT_ONCE", 2)
        assert sweep.sign_out_unseen() == 5
        assert not User.objects.filter(is_logged_in=True).exists()
        assert not Task.objects.held().exists()


class TestSilence:
    @pytest.fixture
    def begun(self, held: Task, anna: User) -> Task:
        """A task that Anna started three hours ago."""
        lifecycle.start(held.pk, by=anna)
        Task.objects.filter(pk=held.pk).update(started_at=ago(hours=3), draft="page 2 missing")
        return held

    def test_started_task_goes_back_with_its_draft(self, begun: Task, anna: User) -> None:
        not_seen_for(anna, 121)
        assert sweep.sweep()["returned"] == 1
        begun.refresh_from_db()
        assert (begun.status, begun.draft) == (Status.PENDING, "page 2 missing")
        row = begun.history.get(kind="returned")
        assert row.history_change_reason == "no sign of its person for 2 h 0 min"

    def test_started_task_stays_with_who_was_seen(self, begun: Task, anna: User) -> None:
        not_seen_for(anna, 119)
        assert sweep.return_silent() == 0
        assert not sweep.return_if_silent(begun.pk, timezone.now())

    def test_each_queue_has_its_own_time(self, begun: Task, anna: User, invoices: Queue) -> None:
        Queue.objects.filter(pk=invoices.pk).update(silent_after=timedelta(minutes=10))
        not_seen_for(anna, 11)
        assert sweep.return_silent() == 1
        anna.refresh_from_db()
        assert anna.break_reason == NOT_RESPONDING

    def test_person_and_floor_are_warned_in_the_last_quarter(self, begun: Task, anna: User) -> None:
        not_seen_for(anna, 30)
        task = Task.objects.select_related("assignee", "queue").get(pk=begun.pk)
        goes_back, warns = presence.silent_at(task), presence.warns_from(task)
        assert goes_back == task.assignee.last_seen_at + timedelta(hours=2)
        assert warns == goes_back - timedelta(minutes=30)


class TestTasksNotStarted:
    def test_returned_and_their_holder_put_on_break(self, held: Task, anna: User) -> None:
        given_minutes_ago(held, 11)
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
        given_minutes_ago(held, 11)
        assert sweep.return_not_started() == 0
        assert not sweep.return_if_not_started(held.pk, ago(minutes=10))

    def test_stay_once_they_were_shown(self, held: Task, anna: User, invoices: Queue) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        actions.open_task(held.pk, by=anna)
        given_minutes_ago(held, 11)
        held.refresh_from_db()
        assert (held.started_at, sweep.return_not_started()) == (None, 0)

    def test_stay_while_their_holder_has_another_one_started(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=3)
        tasks = [add_task(invoices) for _ in range(3)]
        actions.sign_in(anna.pk)
        lifecycle.start(tasks[0].pk, by=anna)
        for task in tasks:
            task.refresh_from_db()
            given_minutes_ago(task, 11)
        assert sweep.return_not_started() == 0

    def test_their_holder_has_the_whole_time_again_after_completing_another(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        first, second = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        lifecycle.start(first.pk, by=anna)
        second.refresh_from_db()
        given_minutes_ago(second, 11)
        actions.complete(first.pk, by=anna)
        assert sweep.return_not_started() == 0

    def test_task_returns_to_a_holder_who_comes_back(self, held: Task, anna: User) -> None:
        given_minutes_ago(held, 11)
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

    def test_raised_task_stands_behind_those_that_were_always_so_urgent(
        self, late: Task, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        sweep.raise_overdue()
        urgent = add_task(invoices, priority=Priority.P2, due_at=ago(hours=-5))
        normal = add_task(invoices, priority=Priority.P3, due_at=ago(minutes=5))
        order = list(Task.objects.waiting())
        assert order == [urgent, late, normal]
        actions.sign_in(anna.pk)
        urgent.refresh_from_db()
        assert urgent.assignee == anna

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
        from axes.models import AccessAttempt
        from django.contrib.sessions.models import Session
        from knox.models import AuthToken

        Session.objects.create(session_key="old", expire_date=ago(days=1))
        Session.objects.create(session_key="new", expire_date=ago(days=-1))
        AuthToken.objects.create(anna, expiry=timedelta(days=-1))
        AuthToken.objects.create(anna, expiry=timedelta(days=1))
        for name in ("old", "new"):
            AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(username="old").update(attempt_time=ago(minutes=16))
        tidy()
        assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]
        assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
        assert AuthToken.objects.count() == 1

    def test_tidy_forgets_devices_that_were_not_used_for_90_days(self, anna: User) -> None:
        from knox.models import AuthToken

        token, _secret = AuthToken.objects.create(anna)
        for days, of_token in ((91, None), (89, None), (91, token)):
            columns = {"device": f"{days}", "last_used_at": ago(days=days), "token": of_token}
            SignIn.objects.create(person=anna, **columns)
        tidy()
        left = SignIn.objects.order_by("pk").values_list("device", "token")
        assert list(left) == [("89", None), ("91", token.pk)]
