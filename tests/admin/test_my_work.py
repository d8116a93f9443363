"""*My work*: the task, its buttons, breaks, claiming, polling and access."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.admin.my_work.buttons import ACTIONS
from qc.core.wording import clock
from qc.models import Queue, Status, Task, User
from qc.work import actions, lifecycle, sweep
from tests.admin.crowds import crowd, give_each_one

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture
def at(sign_in_client: Callable[[User], Client]) -> Callable[[User], Client]:
    return sign_in_client


At = Callable[[User], Client]


def when(task: Task, kind: str) -> str:
    """Return the time of the last change of this kind, as the page says it."""
    return clock(task.history.filter(kind=kind).first().history_date)


def text(client: Client, address: str = "my_work", **query: Any) -> str:
    answer = client.get(reverse(f"admin:{address}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, name: str, task: Task | None = None, **form: str) -> str:
    """Press a button of the page; return the panel that comes back."""
    address = reverse(f"admin:my_work_{name}", args=[task.pk] if task else [])
    answer = client.post(address, form, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def query_count(client: Client, name: str) -> int:
    """Return how many queries an address takes."""
    with CaptureQueriesContext(connection) as queries:
        text(client, name)
    return len(queries)


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices, the first with all that a person needs to see."""
    first = add_task(
        invoices,
        name="Invoice of <Müller>",
        instructions="Look.\nThen look again.",
        link="https://x.example/1",
        details={"supplier": "Müller & Söhne", "=x": ""},
    )
    return [first, add_task(invoices)]


class TestTask:
    def test_page_shows_the_task_with_all_its_details(
        self, two: list[Task], anna: User, at: At
    ) -> None:
        page = text(at(anna))
        for words in (
            "QD-0001",
            "Invoice of &lt;Müller&gt;",
            "Invoices",
            "P3 normal",
            "in 3\N{NO-BREAK SPACE}hours",
            "Look.<br>Then look again.",
            'href="https://x.example/1"',
            "Müller &amp; Söhne",
            "or it goes back to the queue",
        ):
            assert words in page
        assert "QD-0002" not in page

    def test_start_button_starts_the_task(self, two: list[Task], anna: User, at: At) -> None:
        assert "is started" in press(at(anna), "start", two[0])
        assert two[0].history.get(kind="started").through == "page"

    def test_completing_brings_the_next_task(self, two: list[Task], anna: User, at: At) -> None:
        panel = press(at(anna), "complete", two[0], outcome="passed", notes="fine")
        assert "QD-0001: passed." in panel
        assert "QD-0002" in panel
        row = two[0].history.get(kind="completed")
        assert (row.through, row.history_user, row.notes) == ("page", anna, "fine")

    def test_failed_needs_notes(self, two: list[Task], anna: User, at: At) -> None:
        client = at(anna)
        assert "write in the notes" in press(
            client, "complete", two[0], outcome="failed", notes=" "
        )
        two[0].refresh_from_db()
        assert two[0].status == Status.ASSIGNED
        assert "failed." in press(client, "complete", two[0], outcome="failed", notes="torn")

    def test_double_click_completes_once(self, two: list[Task], anna: User, at: At) -> None:
        client = at(anna)
        for _ in range(2):
            press(client, "complete", two[0], outcome="passed", notes="")
        assert two[0].history.filter(kind="completed").count() == 1
        assert Task.objects.held_by(anna).get() == two[1]

    def test_completing_a_task_taken_away_shows_a_message(
        self, two: list[Task], anna: User, mona: User, at: At
    ) -> None:
        client = at(anna)
        actions.hold(two[0].pk, by=mona, reason="call them")
        panel = press(client, "complete", two[0], outcome="passed", notes="", held=str(two[0].pk))
        assert "QD-0001 is on hold" in panel
        assert f"mona put QD-0001 on hold at {when(two[0], 'held')}: call them." in panel
        assert "QD-0002" in panel

    def test_giving_back_needs_a_reason(self, two: list[Task], anna: User, at: At) -> None:
        client = at(anna)
        assert "Please give a reason." in press(client, "release", two[0], reason="")
        assert "is back in the queue" in press(client, "release", two[0], reason="too dark")
        row = two[0].history.get(kind="released")
        assert row.history_change_reason == "too dark"

    def test_task_of_somebody_else_cant_be_completed(
        self, two: list[Task], anna: User, ben: User, at: At
    ) -> None:
        actions.sign_in(anna.pk)
        panel = press(at(ben), "complete", two[0], outcome="passed", notes="")
        assert "is assigned to anna" in panel

    def test_other_tasks_are_listed_and_can_be_opened(
        self, two: list[Task], anna: User, at: At
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        client = at(anna)
        assert "Your other tasks" in text(client)
        assert 'tabindex="-1">Check 2<' in text(client, task=two[1].pk)
        assert 'tabindex="-1">Invoice' in text(client, task="what")

    def test_buttons_work_without_javascript(self, two: list[Task], anna: User, at: At) -> None:
        address = reverse("admin:my_work_complete", args=[two[0].pk])
        answer = at(anna).post(address, {"outcome": "passed", "notes": ""}, follow=True)
        assert answer.redirect_chain == [(reverse("admin:my_work"), 302)]
        assert "QD-0001: passed." in answer.content.decode()

    def test_draft_notes_are_saved(self, two: list[Task], anna: User, ben: User, at: At) -> None:
        client = at(anna)
        address = reverse("admin:my_work_draft", args=[two[0].pk])
        saved = client.post(address, {"notes": "corner bent", "version": "0"})
        assert (saved.status_code, saved.json()) == (200, {"version": 1})
        assert "corner bent" in text(client)
        refused = at(ben).post(address, {"notes": "mine", "version": "1"})
        assert refused.status_code == 410
        assert "is assigned to anna" in refused.json()["message"]
        two[0].refresh_from_db()
        assert two[0].draft == "corner bent"

    def test_page_counts_todays_completions(self, two: list[Task], anna: User, at: At) -> None:
        client = at(anna)
        lifecycle.start(two[0].pk, by=anna)
        Task.objects.filter(pk=two[0].pk).update(started_at=timezone.now() - timedelta(seconds=80))
        panel = press(client, "complete", two[0], outcome="passed", notes="")
        assert "<strong>1</strong> task completed today" in panel
        assert "1 min 20 s each" in panel


class TestNothingToDo:
    def test_page_says_why_there_is_no_task(self, anna: User, at: At, invoices: Queue) -> None:
        page = text(at(anna))
        assert "No tasks right now" in page
        assert "No tasks are waiting for you: 0 assigned to others." in page

    def test_claimable_tasks_are_listed(
        self, anna: User, invoices: Queue, add_task: AddTask, at: At
    ) -> None:
        client = at(anna)
        task = add_task(invoices)
        assert "Tasks you can claim" in text(client)
        assert "QD-0001 is assigned to you." in press(client, "claim", task)
        assert "is assigned to you" in press(client, "claim", task)
        assert task.history.filter(kind="claimed").count() == 1

    def test_no_more_tasks_message_appears_only_on_an_empty_page(
        self, anna: User, two: list[Task], at: At
    ) -> None:
        client, message = at(anna), "No more tasks are waiting for you."
        for task in two:
            press(client, "release", task, reason="later")
        press(client, "claim", two[0])
        panel = press(client, "complete", two[0], outcome="passed", notes="")
        assert message not in panel
        assert "Only tasks that you gave back are left. You may claim them." in panel
        press(client, "claim", two[1])
        panel = press(client, "complete", two[1], outcome="passed", notes="")
        assert message in panel
        assert "Tasks you can claim" not in panel

    def test_second_claim_is_refused_and_names_the_holder(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask, at: At
    ) -> None:
        client = at(anna)
        task = add_task(invoices)
        actions.sign_in(ben.pk)
        assert "ben already has QD-0001." in press(client, "claim", task)


class TestReturning:
    def test_person_signed_out_by_the_system_sees_why_and_comes_back(
        self, anna: User, two: list[Task], at: At
    ) -> None:
        client = at(anna)
        User.objects.filter(pk=anna.pk).update(last_seen_at=timezone.now() - timedelta(hours=1))
        sweep.sweep()
        page = text(client)
        assert "You are signed out" in page
        assert "not seen for 15 minutes" in page
        row = two[0].history.get(kind="returned")
        assert f"QD-0001 went back to the queue at {clock(row.history_date)}: not seen" in page
        back = client.post(reverse("admin:come_back"), {}, follow=True).content.decode()
        assert "Welcome back" in back
        assert "Your task: QD-0001" in back

    def test_sign_in_lists_the_tasks_lost_meanwhile(
        self, anna: User, ben: User, two: list[Task], at: At
    ) -> None:
        at(anna)
        User.objects.filter(pk=anna.pk).update(last_seen_at=timezone.now() - timedelta(hours=1))
        sweep.sweep()
        again = Client()
        form = {"username": "anna", "password": "demo"}
        page = again.post("/admin/login/?next=/admin/my-work/", form, follow=True)
        assert "QD-0001 went back to the queue" in page.content.decode()
        assert "QD-0001 went back to the queue" not in text(again)

    def test_own_sign_out_shows_no_lost_tasks(self, anna: User, two: list[Task], at: At) -> None:
        at(anna).post("/admin/logout/")
        form = {"username": "anna", "password": "demo"}
        page = Client().post("/admin/login/?next=/admin/my-work/", form, follow=True)
        assert "went back to the queue at" not in page.content.decode()

    def test_person_who_did_not_start_is_asked_whether_they_are_there(
        self, anna: User, two: list[Task], at: At
    ) -> None:
        client = at(anna)
        old = timezone.now() - timedelta(minutes=11)
        Task.objects.filter(pk=two[0].pk).update(assigned_at=old)
        User.objects.filter(pk=anna.pk).update(idle_since=old)
        sweep.sweep()
        page = text(client)
        assert "Are you still there?" in page
        assert "QD-0001 went back to the queue at" in page
        assert "not started within 10 minutes" in page


class TestPolling:
    def panel(self, client: Client, seen: str) -> Any:
        return client.get(reverse("admin:my_work_panel"), {"seen": seen})

    def seen(self, client: Client) -> str:
        return client.get(reverse("admin:my_work")).context["state"].version

    def test_unchanged_page_sends_nothing(self, anna: User, two: list[Task], at: At) -> None:
        client = at(anna)
        answer = self.panel(client, self.seen(client))
        assert (answer.status_code, answer.content) == (204, b"")

    def test_draft_does_not_redraw_the_page(self, anna: User, two: list[Task], at: At) -> None:
        client = at(anna)
        seen = self.seen(client)
        actions.save_draft(two[0].pk, "corner bent", by=anna)
        assert self.panel(client, seen).status_code == 204

    def test_new_task_redraws_the_panel(
        self, anna: User, invoices: Queue, add_task: AddTask, at: At
    ) -> None:
        client = at(anna)
        seen = self.seen(client)
        add_task(invoices)
        actions.hand_out_from([invoices.pk])
        assert "QD-0001" in self.panel(client, seen).content.decode()

    def test_panel_names_tasks_taken_away_meanwhile(
        self, anna: User, ben: User, mona: User, two: list[Task], at: At
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        client = at(anna)
        actions.sign_in(ben.pk)
        actions.assign(two[0].pk, ben.pk, by=mona, reason="ben knows them")
        held = f"{two[0].pk},{two[1].pk},nonsense,{'9' * 30}"
        address = reverse("admin:my_work_panel")
        panel = client.get(address, {"held": held}).content.decode()
        assert f"mona took QD-0001 back at {when(two[0], 'assigned')}: ben knows them." in panel
        assert "QD-0002" in panel

    def test_panel_does_not_name_tasks_given_back_by_the_person(
        self, anna: User, two: list[Task], at: At
    ) -> None:
        client = at(anna)
        actions.release(two[0].pk, by=anna, reason="too dark")
        panel = client.get(reverse("admin:my_work_panel"), {"held": str(two[0].pk)})
        assert "too dark" not in panel.content.decode()

    @pytest.mark.parametrize("waiting", [0, 30])
    def test_polling_costs_4_queries_however_many_tasks_wait(
        self,
        anna: User,
        invoices: Queue,
        add_task: AddTask,
        at: At,
        waiting: int,
        django_assert_num_queries: Any,
    ) -> None:
        for _ in range(waiting + 1):
            add_task(invoices)
        client = at(anna)
        seen = self.seen(client)
        with django_assert_num_queries(4):
            assert self.panel(client, seen).status_code == 204

    def test_page_costs_the_same_queries_for_10_and_for_2000_people(
        self, anna: User, invoices: Queue, labels: Queue, add_task: AddTask, at: At
    ) -> None:
        client = at(anna)
        add_task(labels)
        crowd(10, invoices)
        give_each_one(invoices)
        client.get(reverse("admin:my_work"))  # once a minute it is noted that the session is in use
        few = query_count(client, "my_work"), query_count(client, "my_work_panel")
        crowd(1990, invoices)
        give_each_one(invoices)
        assert (query_count(client, "my_work"), query_count(client, "my_work_panel")) == few
        assert max(few) < 25

    def test_polling_updates_last_seen(self, anna: User, two: list[Task], at: At) -> None:
        client = at(anna)
        User.objects.filter(pk=anna.pk).update(last_seen_at=timezone.now() - timedelta(minutes=9))
        self.panel(client, self.seen(client))
        anna.refresh_from_db()
        assert anna.last_seen_at is not None
        assert anna.last_seen_at > timezone.now() - timedelta(minutes=1)


class TestAccess:
    def test_auditors_are_refused(self, otto: User, at: At) -> None:
        assert at(otto).get(reverse("admin:my_work")).status_code == 403

    def test_anonymous_visitor_is_sent_to_sign_in(self) -> None:
        answer = Client().get(reverse("admin:my_work"))
        assert answer["Location"] == "/admin/login/?next=/admin/my-work/"
        look = Client().get(reverse("admin:my_work_panel"), headers={"HX-Request": "true"})
        assert (look.status_code, look["HX-Refresh"]) == (204, "true")

    @pytest.mark.parametrize("name", [*ACTIONS, "draft", "open"])
    def test_get_changes_nothing(self, anna: User, two: list[Task], at: At, name: str) -> None:
        client = at(anna)
        rows = Task.history.count()
        assert client.get(reverse(f"admin:my_work_{name}", args=[two[0].pk])).status_code == 405
        assert Task.history.count() == rows

    def test_post_needs_a_csrf_token(self, anna: User, two: list[Task]) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(anna)
        answer = client.post(reverse("admin:my_work_complete", args=[two[0].pk]))
        assert answer.status_code == 403
