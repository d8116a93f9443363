"""*Floor*: access, cards, rows, explanations, charts, and how many queries they take."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.admin.floor import charts as floor_charts
from qc.models import NOT_RESPONDING, Queue, Role, Status, Task, User
from qc.work import actions, lifecycle, presence, queue_changes
from tests.admin.conftest import act, signed_in
from tests.admin.crowds import crowd, give_each_one
from tests.conftest import person
from tests.databases import on_mariadb
from tests.work.test_claim_cost import fill, rows_touched

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
FLOOR = "/admin/floor/"
MEANT = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def clear_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def text(client: Client, part: str = "", **query: Any) -> str:
    answer = client.get(reverse("admin:floor") + part, query)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def state(client: Client) -> Any:
    return client.get(reverse("admin:floor")).context["state"]


def names(client: Client) -> list[str]:
    return [card.person.username for card in state(client).people.cards]


def row(client: Client, queue: Queue) -> Any:
    return next(row for row in state(client).queues if row.queue == queue)


def worker(name: str, *queues: Queue, **columns: Any) -> User:
    """Make QC staff who is there."""
    user = person(name, Role.QC_STAFF, **columns)
    for queue in queues:
        queue.people.add(user)
    presence.sign_in(user.pk)
    return user


def done(task: Task, by: User, ago: timedelta) -> None:
    """Let a task have been completed some time ago."""
    moment = timezone.now() - ago
    moments = dict.fromkeys(("assigned_at", "started_at", "completed_at"), moment)
    finished = {"status": Status.COMPLETED, "assignee": by, "outcome": "passed"}
    Task.objects.filter(pk=task.pk).update(**finished, **moments)


class TestAccess:
    def test_anonymous_visitor_is_sent_to_sign_in(self, client: Client, db: None) -> None:
        assert client.get(FLOOR).url.startswith(reverse("admin:login"))

    def test_panel_reloads_the_page_after_the_session_ended(self, client: Client, db: None) -> None:
        answer = client.get(reverse("admin:floor_panel"), headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")

    def test_qc_staff_are_refused(self, anna: User, sign_in_client: Any) -> None:
        client = sign_in_client(anna)
        why = reverse("admin:floor_why_person", args=[anna.pk])
        for address in (FLOOR, f"{FLOOR}panel/", f"{FLOOR}charts/", why):
            assert client.get(address).status_code == 403

    def test_auditor_sees_the_floor_without_buttons(
        self, otto_client: Client, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        actions.sign_in(anna.pk)
        page = text(otto_client)
        assert "anna" in page
        for button in ("Reassign", "Put on break", "Sign out –", "Pause"):
            assert button not in page

    def test_floor_refuses_a_post(self, mona_client: Client) -> None:
        assert mona_client.post(FLOOR).status_code == 405


class TestPeople:
    def test_card_shows_the_task_of_a_busy_person(
        self, mona_client: Client, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices, name="Invoice of <Meyer>", priority=1)
        actions.sign_in(anna.pk)
        page = text(mona_client)
        for words in ("QD-0001 Invoice of &lt;Meyer&gt;", "P1 urgent", "not started", "busy"):
            assert words in page
        lifecycle.start(task.pk, by=anna)
        page = text(mona_client)
        assert "started at" in page
        assert "not started" not in page
        for button in ("Reassign – QD-0001", "Put on break – anna", "Sign out – anna"):
            assert button in page
        assert "Why? – anna" not in page

    def test_card_shows_since_when_somebody_is_free_or_on_break(
        self, mona_client: Client, anna: User, ben: User
    ) -> None:
        signed_in(anna, ben)
        hour = timezone.now() - timedelta(hours=1)
        User.objects.filter(pk=anna.pk).update(idle_since=hour)
        presence.take_break(ben.pk, by=ben, reason="Lunch")
        User.history.filter(id=ben.pk).update(history_date=hour)
        page = text(mona_client)
        at = timezone.localtime(hour).strftime("%H:%M")
        for words in ("free", "on break: Lunch", "End break – ben", "Why? – anna"):
            assert words in page
        assert len(re.findall(rf"since (.. ... )?{at} \( 1\Whour \)", page)) == 2

    def test_cards_are_sorted_by_need_of_attention(
        self, mona_client: Client, mona: User, invoices: Queue, labels: Queue, add_task: Any
    ) -> None:
        now = timezone.now()
        people = {
            name: worker(name, invoices)
            for name in ("free", "break", "new", "long", "slow", "late", "dead")
        }
        idle = worker("idle", labels)
        given_back = add_task(labels)
        Task.objects.filter(pk=given_back.pk).update(released_by=idle)
        for name in ("new", "long", "slow", "late"):
            task = add_task(invoices)
            lifecycle_assign(task, people[name], mona)
        held = {name: Task.objects.get(assignee=people[name]) for name in ("long", "slow", "late")}
        lifecycle.start(held["long"].pk, by=people["long"])
        ago = {"started_at": now - timedelta(hours=2), "assigned_at": now - timedelta(hours=2)}
        Task.objects.filter(pk=held["long"].pk).update(**ago)
        seven_minutes_ago = now - timedelta(minutes=7)
        Task.objects.filter(pk=held["slow"].pk).update(assigned_at=seven_minutes_ago)
        User.objects.filter(pk=people["slow"].pk).update(idle_since=seven_minutes_ago)
        Task.objects.filter(pk=held["late"].pk).update(due_at=now - timedelta(minutes=1))
        presence.take_break(people["dead"].pk, by=None, reason=NOT_RESPONDING)
        presence.take_break(people["break"].pk, by=None, reason="Lunch")
        person("gone", Role.QC_STAFF)
        expected = ["dead", "late", "slow", "idle", "long", "new", "break", "free"]
        assert names(mona_client) == expected
        page = text(mona_client)
        for alarm in (
            "Does not respond",
            "Has a late task",
            "Has not started yet",
            "Free while tasks are waiting",
            "1 person is signed out",
        ):
            assert alarm in page

    def test_people_without_qc_work_have_no_card(
        self, mona_client: Client, mona: User, otto: User, anna: User
    ) -> None:
        signed_in(mona, otto, anna)
        assert names(mona_client) == ["anna"]

    def test_person_below_capacity_counts_as_free(
        self, mona_client: Client, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        add_task(invoices)
        dora = worker("dora", invoices, capacity=3)
        actions.hand_out_to(dora.pk)
        page = text(mona_client)
        assert "has 2 of 3 tasks" in page
        assert "Reassign – QD-0001" in page
        assert "Reassign – QD-0002" in page
        assert state(mona_client).people.counts["free"] == 1

    def test_only_the_first_60_people_have_cards(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        crowd(70, invoices)
        page = mona_client.get(FLOOR)
        assert len(page.context["state"].people.cards) == 60
        assert "and 10 more free" in page.content.decode()
        assert "?presence=free" in page.content.decode()

    def test_empty_floor_says_what_to_do(self, mona_client: Client) -> None:
        page = text(mona_client)
        assert "Nobody is signed in." in page
        assert "Add a person" in page
        assert "There is no queue yet." in page


class TestQueues:
    def test_row_counts_waiting_assigned_late_and_completed_tasks(
        self, mona_client: Client, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        now = timezone.now()
        for minutes in (-30, -10, 60, 60):
            add_task(invoices, due_at=now + timedelta(minutes=minutes), priority=2)
        Task.objects.filter(reference="QD-0004").update(created_at=now - timedelta(hours=3))
        add_task(invoices, priority=1)
        actions.sign_in(anna.pk)
        found = row(mona_client, invoices)
        assert (found.waiting, found.in_work, found.late, found.done) == ("4", 1, "2", 0)
        assert (found.there, found.clears_in) == (1, "not enough data yet")
        # The first of them to arrive.
        assert "hour" not in found.age
        Task.objects.filter(reference="QD-0001").update(created_at=now - timedelta(hours=3))
        assert "3\N{NO-BREAK SPACE}hours" in row(mona_client, invoices).age

    def test_row_shows_when_the_queue_clears_at_todays_pace(
        self, mona_client: Client, anna: User, invoices: Queue, add_task: AddTask, noon: Any
    ) -> None:
        for minutes in (60, 45, 30, 15):
            done(add_task(invoices), anna, timedelta(minutes=minutes))
        fill(invoices, 12)
        found = row(mona_client, invoices)
        assert (found.done, found.clears_in) == (4, "3\N{NO-BREAK SPACE}hours")

    def test_task_completed_after_the_first_look_counts_at_once(
        self, mona_client: Client, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        actions.sign_in(anna.pk)
        assert row(mona_client, invoices).done == 0
        actions.complete(Task.objects.get().pk, by=anna)
        assert row(mona_client, invoices).done == 1

    def test_paused_queue_is_marked_and_can_be_resumed(
        self, mona_client: Client, mona: User, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        assert "Pause – Invoices" in text(mona_client)
        actions.pause(invoices.pk, by=mona, reason="scanner")
        page = text(mona_client)
        for words in ("paused", "Resume – Invoices", "not while paused"):
            assert words in page

    def test_waiting_tasks_are_counted_up_to_1000(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        fill(invoices, 1100)
        assert row(mona_client, invoices).waiting == "1000+"
        assert state(mona_client).waiting == "1000+"


class TestWhy:
    def test_dialog_explains_why_a_person_is_free(self, mona_client: Client, anna: User) -> None:
        signed_in(anna)
        why = text(mona_client, f"people/{anna.pk}/why/")
        assert "No tasks are waiting for anna" in why

    def test_dialog_explains_why_a_queue_waits(
        self, mona_client: Client, invoices: Queue, add_task: AddTask
    ) -> None:
        assert "No tasks are waiting in Invoices" in text(mona_client, f"queues/{invoices.pk}/why/")
        add_task(invoices)
        why = text(mona_client, f"queues/{invoices.pk}/why/")
        assert "Nobody works on Invoices." in why
        assert "QD-0001" in why

    def test_unknown_ids_are_not_found(self, mona_client: Client) -> None:
        for part in ("people", "queues"):
            assert mona_client.get(f"{FLOOR}{part}/99/why/").status_code == 404


class TestPanel:
    @pytest.fixture
    def seen(
        self, mona_client: Client, anna: User, ben: User, invoices: Queue, labels: Queue
    ) -> str:
        signed_in(anna, ben)
        return state(mona_client).seen

    def panel(self, client: Client, seen: str) -> Any:
        return client.get(reverse("admin:floor_panel"), {"seen": seen})

    def test_unchanged_floor_sends_nothing(self, mona_client: Client, seen: str) -> None:
        assert self.panel(mona_client, seen).status_code == 204

    def test_only_changed_cards_and_rows_are_drawn(
        self, mona_client: Client, seen: str, anna: User, ben: User, labels: Queue
    ) -> None:
        presence.take_break(anna.pk, by=anna, reason="Lunch")
        panel = self.panel(mona_client, seen).content.decode()
        assert "on break: Lunch" in panel
        assert f'<li id="person-{ben.pk}" hx-preserve="true"></li>' in panel
        assert f'<tr id="queue-{labels.pk}" hx-preserve="true"></tr>' in panel
        assert f'<li id="person-{anna.pk}" hx-preserve' not in panel

    def test_unknown_keys_get_the_whole_floor(self, mona_client: Client, seen: str) -> None:
        assert "hx-preserve" not in self.panel(mona_client, "x").content.decode()


class TestSteering:
    def test_dialog_comes_back_to_the_floor(self, mona_client: Client, anna: User) -> None:
        signed_in(anna)
        form = MEANT | {"reason": "fire drill"}
        address = act(anna, "take_break") + "?next=/admin/floor/"
        answer = mona_client.post(address, form, headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == FLOOR
        assert "on break: fire drill" in text(mona_client)

    def test_dialog_does_not_lead_to_another_site(self, mona_client: Client, anna: User) -> None:
        signed_in(anna)
        address = act(anna, "take_break") + "?next=https://evil.example/"
        answer = mona_client.post(address, MEANT | {"reason": "x"})
        assert answer.url == reverse("admin:qc_user_change", args=[anna.pk])

    def test_people_list_filters_by_busy(
        self, mona_client: Client, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        actions.sign_in(anna.pk)
        signed_in(ben)
        found = mona_client.get(reverse("admin:qc_user_changelist"), {"presence": "busy"})
        assert list(found.context["cl"].queryset) == [anna]


class TestCharts:
    def charts(self) -> Any:
        return {chart.name: chart for chart in floor_charts.charts(timezone.localtime())}

    def test_completions_per_hour_stand_beside_the_weekday_average(
        self, anna: User, invoices: Queue, add_task: AddTask, noon: datetime
    ) -> None:
        for ago in (timedelta(minutes=90), timedelta(minutes=100), timedelta(minutes=30)):
            done(add_task(invoices), anna, ago)
        for _ in range(3):
            done(add_task(invoices), anna, timedelta(weeks=1, minutes=30))
        done(add_task(invoices), anna, timedelta(weeks=3, minutes=30))
        done(add_task(invoices), anna, timedelta(days=6, minutes=30))
        chart = self.charts()["done"]
        assert chart.labels == ["10:00", "11:00", "12:00"]
        assert [one["data"] for one in chart.series] == [[2, 1, 0], [0.0, 2.0, 0.0]]

    def test_waiting_chart_is_reckoned_back_from_now(
        self, anna: User, invoices: Queue, labels: Queue, add_task: AddTask, noon: datetime
    ) -> None:
        tasks = [add_task(invoices) for _ in range(5)]
        yesterday, ten = noon - timedelta(days=1), noon - timedelta(minutes=90)
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(created_at=yesterday)
        Task.objects.filter(pk=tasks[4].pk).update(created_at=ten)
        done(tasks[0], anna, timedelta(minutes=30))
        chart = self.charts()["waiting"]
        assert chart.labels == ["10:00", "11:00", "12:00", "now"]
        lines = {one["label"]: one["data"] for one in chart.series}
        assert lines == {"Invoices": [4, 5, 4, 4], "Labels": [0, 0, 0, 0]}

    def test_charts_are_sent_once_until_they_change(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        address = reverse("admin:floor_charts")
        first = mona_client.get(address)
        assert "Waiting in each queue today" in first.content.decode()
        again = mona_client.get(address, {"seen": first.context["version"]})
        assert again.status_code == 204


def lifecycle_assign(task: Task, to: User, by: User) -> None:
    actions.assign(task.pk, to.pk, by=by, reason="x")


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch, settings: Any) -> datetime:
    """Let it be noon, so that today has hours before now; who signed in just now is still there."""
    settings.QC_IDLE_MINUTES = 24 * 60
    today = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: today)
    return today


def query_count(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(FLOOR).status_code == 200
    return len(queries)


def test_floor_takes_the_same_queries_for_10_and_for_2000_people(
    mona_client: Client, invoices: Queue, labels: Queue
) -> None:
    crowd(10, invoices)
    give_each_one(invoices)
    fill(labels, 5)
    query_count(mona_client)
    few = query_count(mona_client)
    crowd(1990, invoices)
    give_each_one(invoices)
    fill(labels, 200)
    for n in range(10):
        fill(Queue.objects.create(name=f"Queue {n}"), 3)
    assert query_count(mona_client) == few
    assert few < 25


@on_mariadb
class TestRowsRead:
    def look(self, client: Client) -> int:
        return rows_touched(lambda: client.get(reverse("admin:floor_panel")))

    def test_rows_read_grow_with_people_and_not_with_tasks(
        self, mona_client: Client, anna: User, invoices: Queue, labels: Queue
    ) -> None:
        crowd(30, invoices)
        give_each_one(invoices)
        for queue in (invoices, labels):
            fill(queue, 1000)
        yesterday = timezone.now() - timedelta(days=2)
        self.look(mona_client)
        few = self.look(mona_client)
        for queue in (invoices, labels):
            fill(queue, 8_000)
            moments = dict.fromkeys(("assigned_at", "started_at", "completed_at"), yesterday)
            finished = {"status": Status.COMPLETED, "assignee": anna, "outcome": "passed"}
            fill(queue, 8_000, **finished, **moments)
        cache.clear()
        # A few of them have become late meanwhile.
        assert self.look(mona_client) <= few * 1.2
        assert few < 5000

    def test_charts_read_only_tasks_of_their_days(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        long_ago = timezone.now() - timedelta(days=10)
        moments = dict.fromkeys(
            ("assigned_at", "started_at", "completed_at", "created_at"), long_ago
        )
        finished = {"status": Status.COMPLETED, "assignee": anna, "outcome": "passed"}
        fill(invoices, 8_000, **finished, **moments)
        fill(invoices, 100)
        assert rows_touched(floor_charts.drawn) < 2000


def test_tasks_completed_today_count_after_their_queue_was_closed(
    mona: User, mona_client: Client, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    lifecycle.complete(task.pk, by=anna)
    queue_changes.close(invoices.pk, by=mona, reason="season is over")
    assert "1 completed today" in text(mona_client)
