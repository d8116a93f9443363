"""*Floor* says who is silent, who left with a task, who does not start, what all gave back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.core.wording import clock
from qc.models import HandBack, Queue, Task, User
from qc.work import actions, assignment, lifecycle, presence
from tests.admin.conftest import act
from tests.admin.test_floor import clear_cache, names, state, text, worker

__all__ = ["clear_cache"]

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def hold(task: Task, by: User, manager: User, *, started: bool = False) -> Task:
    assignment.assign(task.pk, by.pk, by=manager, reason="please")
    if started:
        lifecycle.start(task.pk, by=by)
    return Task.objects.get(pk=task.pk)


def ago(task: Task, person: User, **durations: timedelta) -> None:
    """Let a task have been assigned and started, and its person seen and idle, some time ago."""
    now = timezone.now()
    moments = {name: now - duration for name, duration in durations.items()}
    seen = {name: moments.pop(name) for name in ("last_seen_at", "idle_since") if name in moments}
    Task.objects.filter(pk=task.pk).update(**moments)
    User.objects.filter(pk=person.pk).update(**seen)


def alarm(client: Client, person: User) -> str:
    card = next(card for card in state(client).people.cards if card.person == person)
    return str(card.alarm)


class TestSilence:
    @pytest.fixture
    def anna(self, invoices: Queue) -> User:
        return worker("anna", invoices)

    @pytest.fixture
    def started(self, invoices: Queue, anna: User, mona: User, add_task: AddTask) -> Task:
        return hold(add_task(invoices), anna, mona, started=True)

    def test_started_task_of_somebody_silent_raises_an_alarm_in_the_last_quarter(
        self, mona_client: Client, started: Task, anna: User
    ) -> None:
        hours = {"started_at": timedelta(hours=3), "assigned_at": timedelta(hours=3)}
        ago(started, anna, **hours, last_seen_at=timedelta(minutes=85))
        assert alarm(mona_client, anna) == ""
        ago(started, anna, last_seen_at=timedelta(minutes=95))
        anna.refresh_from_db()
        assert anna.last_seen_at is not None
        back = clock(anna.last_seen_at + timedelta(hours=2))
        expected = f"Nothing seen since {clock(anna.last_seen_at)}; "
        expected += f"{started.reference} goes back at {back}"
        assert alarm(mona_client, anna) == expected
        assert expected in text(mona_client)

    def test_somebody_who_left_with_a_started_task_is_shown(
        self, mona_client: Client, started: Task, anna: User
    ) -> None:
        presence.sign_out(anna.pk, by=None, reason="not seen", keeps_started=True)
        until = presence.silent_at(Task.objects.select_related("assignee", "queue").get())
        assert alarm(mona_client, anna) == (
            f"Signed out; keeps {started.reference} until {clock(until)}"
        )
        people = state(mona_client).people
        assert [people.counts[name] for name in ("out", "busy", "free")] == [1, 0, 0]
        assert act(anna, "sign_out") not in mona_client.get("/admin/floor/").content.decode()

    def test_somebody_who_left_without_one_has_no_card(
        self, mona_client: Client, anna: User
    ) -> None:
        presence.sign_out(anna.pk, by=None, reason="not seen")
        assert names(mona_client) == []


class TestNotStarted:
    @pytest.fixture
    def anna(self, invoices: Queue) -> User:
        return worker("anna", invoices, capacity=2)

    @pytest.fixture
    def slow(self, invoices: Queue, anna: User, mona: User, add_task: AddTask) -> Task:
        """A task that Anna has not looked at for seven minutes."""
        task = hold(add_task(invoices), anna, mona)
        minutes = timedelta(minutes=7)
        ago(task, anna, assigned_at=minutes, idle_since=minutes)
        return task

    def test_task_that_nobody_looked_at_raises_an_alarm(
        self, mona_client: Client, slow: Task, anna: User
    ) -> None:
        assert alarm(mona_client, anna) == "Has not started yet"

    def test_not_while_another_task_is_started(
        self,
        mona_client: Client,
        slow: Task,
        anna: User,
        mona: User,
        invoices: Queue,
        add_task: AddTask,
    ) -> None:
        hold(add_task(invoices), anna, mona, started=True)
        assert alarm(mona_client, anna) == ""

    def test_not_on_a_break_of_their_own(self, mona_client: Client, slow: Task, anna: User) -> None:
        presence.take_break(anna.pk, by=anna, reason="Lunch")
        assert alarm(mona_client, anna) == ""

    def test_not_for_a_task_that_was_shown(
        self, mona_client: Client, slow: Task, anna: User
    ) -> None:
        Task.objects.filter(pk=slow.pk).update(shown_at=timezone.now())
        assert alarm(mona_client, anna) == ""

    def test_not_right_after_another_task_was_completed(
        self, mona_client: Client, slow: Task, anna: User
    ) -> None:
        User.objects.filter(pk=anna.pk).update(idle_since=timezone.now())
        assert alarm(mona_client, anna) == ""


class TestGivenBack:
    @pytest.fixture
    def task(self, invoices: Queue, anna: User, add_task: AddTask) -> Task:
        """A task that Anna gave back."""
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.release(task.pk, by=anna, reason="too heavy")
        return task

    def test_task_that_everybody_gave_back_is_shown_to_be_assigned(
        self, mona_client: Client, otto_client: Client, task: Task, anna: User
    ) -> None:
        page = mona_client.get("/admin/floor/").content.decode()
        assert "Given back by everybody" in page
        assert act(task, "assign_task") in page
        assert "Given back by everybody" in text(otto_client)
        assert act(task, "assign_task") not in otto_client.get("/admin/floor/").content.decode()

    def test_not_while_somebody_is_left(self, mona_client: Client, task: Task, ben: User) -> None:
        assert state(mona_client).given_back == []

    def test_everybody_means_all_of_several(
        self, mona_client: Client, task: Task, ben: User
    ) -> None:
        actions.sign_in(ben.pk)
        actions.release(task.pk, by=ben, reason="too heavy for me too")
        assert state(mona_client).given_back == [task]

    def test_not_once_it_is_assigned(
        self, mona_client: Client, mona: User, task: Task, anna: User
    ) -> None:
        actions.assign(task.pk, anna.pk, by=mona, reason="with help")
        assert state(mona_client).given_back == []

    def test_panel_is_sent_again_when_one_appears(
        self, mona_client: Client, invoices: Queue, task: Task, anna: User, mona: User
    ) -> None:
        seen = state(mona_client).seen
        assert mona_client.get("/admin/floor/panel/", {"seen": seen}).status_code == 204
        HandBack.objects.all().delete()
        assert mona_client.get("/admin/floor/panel/", {"seen": seen}).status_code == 200

    def test_statements_grow_with_queues_and_not_with_tasks_or_people(
        self, mona_client: Client, invoices: Queue, task: Task, anna: User, add_task: AddTask
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert state(mona_client).given_back
            return len(captured)

        state(mona_client)
        few = queries()
        for _ in range(10):
            more: Any = add_task(invoices)
            Task.objects.filter(pk=more.pk).update(released_by=anna)
            HandBack.objects.create(task=more, person=anna)
        assert queries() == few
        assert len(state(mona_client).given_back) == 11
