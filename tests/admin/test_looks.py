"""Open pages ask whether anything is new: one statement where nothing is, else all as before."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.models import Priority, Queue, SignIn, Status, Task, User
from qc.web import looks
from qc.work import actions, bulk_changes, edits, presence, queue_changes, sweep
from tests.admin.conftest import change, signed_in, typed
from tests.databases import on_mariadb
from tests.imports.files import HEAD, import_file
from tests.work.test_claim_cost import rows_touched

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
At = Callable[[User], Client]
MY_WORK, FLOOR = "/admin/my-work/panel/", "/admin/floor/panel/"


class OpenPage:
    """A page of somebody: what it has seen, and what it asks."""

    def __init__(self, client: Client, person: User, path: str = MY_WORK) -> None:
        self.client, self.person, self.path = client, person, path
        self.look = self.held = ""
        self.draw()

    def draw(self) -> str:
        """Look in full, as a page that was just opened; return the panel."""
        panel = self.ask(look="").content.decode()
        self.take(panel)
        return panel

    def take(self, panel: str) -> None:
        found = re.search(r'data-look="([^"]*)"', panel)
        assert found is not None
        self.look = found[1]
        held = re.search(r'"held": "([^"]*)"', panel)
        self.held = held[1] if held else ""

    def ask(self, *, look: str | None = None, active: str = "no", **query: str) -> Any:
        headers = {"QC-Drawn-For": f"{self.person.pk}/x", "QC-Active": active, "HX-Request": "true"}
        query |= {"look": self.look if look is None else look, "held": self.held}
        return self.client.get(self.path, query, headers=headers)

    def is_still(self, **how: str) -> bool:
        """Return whether the question is answered by the look alone, in one statement."""
        with CaptureQueriesContext(connection) as queries:
            answer: HttpResponseBase = self.ask(**how)
        is_full = bool({looks.HEADER, "HX-Refresh"} & set(answer.headers))
        is_light = answer.status_code == 204 and not is_full
        assert not is_light or [one["sql"][:6] for one in queries] == ["SELECT"]
        return is_light


@pytest.fixture
def at(sign_in_client: At) -> At:
    return sign_in_client


@pytest.fixture
def task(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """Anna's task; it is started."""
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.start(task.pk, by=anna)
    return task


@pytest.fixture
def page(at: At, anna: User, task: Task) -> OpenPage:
    """Anna's page, with her task on it."""
    page = OpenPage(at(anna), anna)
    assert page.is_still()
    return page


@pytest.fixture
def resting(at: At, anna: User, invoices: Queue) -> OpenPage:
    """Anna's page, without a task."""
    page = OpenPage(at(anna), anna)
    assert page.is_still()
    return page


class TestNothingNew:
    def test_question_is_one_statement_that_writes_nothing(self, page: OpenPage) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = page.ask()
        assert (answer.status_code, answer.content) == (204, b"")
        assert len(queries) == 1
        assert queries[0]["sql"].startswith("SELECT")

    def test_resting_person_is_answered_by_one_statement(self, resting: OpenPage) -> None:
        assert resting.is_still()

    def test_full_look_that_finds_nothing_gives_the_page_its_look(
        self, page: OpenPage, task: Task
    ) -> None:
        actions.save_draft(task.pk, "corner bent", by=page.person)
        assert page.is_still()
        task.history.create(
            **task.history.values().latest("history_id") | {"history_id": None, "person_id": None}
        )
        seen = page.client.get(reverse("admin:my_work")).context["state"].version
        answer = page.ask(seen=seen)
        assert answer.status_code == 204
        page.look = answer.headers[looks.HEADER]
        assert page.is_still()

    def test_answer_to_an_own_action_gives_the_page_its_look(
        self, page: OpenPage, task: Task, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        address = reverse("admin:my_work_complete", args=[task.pk])
        headers = {"HX-Request": "true", "QC-Active": "yes"}
        answer = page.client.post(address, {"outcome": "passed", "notes": ""}, headers=headers)
        assert "QD-0002" in answer.content.decode()
        page.take(answer.content.decode())
        assert page.is_still()

    def test_what_happens_to_others_is_nothing_new(
        self, page: OpenPage, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        page.draw()
        theirs = add_task(invoices)
        actions.sign_in(ben.pk)
        actions.complete(theirs.pk, by=ben)
        actions.sign_out(ben.pk, by=ben, reason="home")
        assert page.is_still()

    def test_tasks_that_wait_are_nothing_new_to_whoever_has_one(
        self, page: OpenPage, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        assert page.is_still()

    def test_tasks_that_wait_are_nothing_new_on_a_break(
        self, resting: OpenPage, invoices: Queue, add_task: AddTask
    ) -> None:
        presence.take_break(resting.person.pk, by=resting.person, reason="lunch")
        resting.draw()
        add_task(invoices)
        assert resting.is_still()

    def test_whoever_just_moved_the_pointer_is_answered_as_well(self, page: OpenPage) -> None:
        page.ask(active="yes")
        assert page.is_still(active="yes")

    def test_person_is_noted_as_seen_once_a_minute(self, page: OpenPage) -> None:
        cache.clear()
        old = timezone.now() - timedelta(minutes=2)
        User.objects.filter(pk=page.person.pk).update(last_seen_at=old)
        assert page.is_still()
        assert not page.is_still(active="yes")
        assert User.objects.get(pk=page.person.pk).last_seen_at > old

    def test_use_of_the_session_is_noted_once_a_minute(self, page: OpenPage) -> None:
        cache.clear()
        old = timezone.now() - timedelta(minutes=2)
        SignIn.objects.update(last_used_at=old)
        assert not page.is_still(active="yes")
        assert SignIn.objects.get().last_used_at > old


def edited(client: Client, item: Any, **changed: Any) -> None:
    assert client.post(change(item), typed(client, change(item)) | changed).status_code == 302


def in_bulk(mona: User, **values: Any) -> None:
    done = bulk_changes.begin("priority", Task.objects.all(), by=mona, reason="x", **values)
    assert bulk_changes.carry_on(done, 0, by=mona).changed == 1


class Desk(NamedTuple):
    """Who and what is there when something happens."""

    anna: User
    ben: User
    mona: User
    manager: Client
    task: Task
    invoices: Queue
    labels: Queue


@pytest.fixture
def desk(
    task: Task,
    anna: User,
    ben: User,
    mona: User,
    mona_client: Client,
    invoices: Queue,
    labels: Queue,
) -> Desk:
    signed_in(ben)
    return Desk(anna, ben, mona, mona_client, task, invoices, labels)


def not_seen(desk: Desk, **since: int) -> None:
    old = timezone.now() - timedelta(**since)
    User.objects.filter(pk=desk.anna.pk).update(last_seen_at=old, idle_since=old)
    Task.objects.update(assigned_at=old, started_at=old)
    sweep.sweep()


# By what it is called: what happens to Anna, or to her task.
CHANGES: dict[str, Callable[[Desk], Any]] = {
    "completed": lambda desk: actions.complete(desk.task.pk, by=desk.anna),
    "given back": lambda desk: actions.release(desk.task.pk, by=desk.anna, reason="dark"),
    "taken back": lambda desk: actions.release(desk.task.pk, by=desk.mona, reason="x"),
    "on hold": lambda desk: actions.hold(desk.task.pk, by=desk.mona, reason="x"),
    "reassigned": lambda desk: actions.assign(desk.task.pk, desk.ben.pk, by=desk.mona, reason="x"),
    "priority": lambda desk: edits.set_priority(desk.task.pk, 1, by=desk.mona, reason="x"),
    "due": lambda desk: edits.set_due(
        desk.task.pk, timezone.now() + timedelta(days=9), by=desk.mona, reason="x"
    ),
    "moved": lambda desk: edits.move(desk.task.pk, desk.labels.pk, by=desk.mona, reason="x"),
    "name": lambda desk: edited(desk.manager, desk.task, name="Check again"),
    "instructions": lambda desk: edited(desk.manager, desk.task, instructions="Look twice."),
    "link": lambda desk: edited(desk.manager, desk.task, link="https://x.example/2"),
    "details": lambda desk: edited(
        desk.manager, desk.task, **{"details-0-name": "supplier", "details-0-value": "Meyer"}
    ),
    "many at once": lambda desk: in_bulk(desk.mona, priority=Priority.P1),
    "queue merged": lambda desk: queue_changes.merge(
        desk.invoices.pk, desk.labels.pk, by=desk.mona, reason="x"
    ),
    "queue paused": lambda desk: actions.pause(desk.invoices.pk, by=desk.mona, reason="x"),
    "queue demands scans": lambda desk: edited(desk.manager, desk.invoices, scan_to_start="on"),
    "taken off the queue": lambda desk: edited(desk.manager, desk.invoices, people=[desk.ben.pk]),
    "capacity": lambda desk: edited(desk.manager, desk.anna, capacity=2),
    "break": lambda desk: presence.take_break(desk.anna.pk, by=desk.anna, reason="lunch"),
    "signed out by somebody": lambda desk: actions.sign_out(desk.anna.pk, by=desk.mona, reason="x"),
    "signed out": lambda desk: actions.sign_out(desk.anna.pk, by=desk.anna, reason="home"),
    "not seen for long": lambda desk: not_seen(desk, hours=3),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_new_at_once(name: str, page: OpenPage, desk: Desk) -> None:
    page.draw()
    assert page.is_still()
    CHANGES[name](desk)
    assert not page.is_still()


class TestWhatComesLater:
    def test_start_is_new(self, at: At, anna: User, invoices: Queue, add_task: AddTask) -> None:
        task = add_task(invoices)
        page = OpenPage(at(anna), anna)
        assert page.is_still()
        actions.open_task(task.pk, by=anna)
        assert not page.is_still()

    def test_undone_completion_is_new(self, page: OpenPage, task: Task) -> None:
        actions.complete(task.pk, by=page.person)
        page.draw()
        assert page.is_still()
        actions.undo(task.pk, by=page.person)
        assert not page.is_still()

    def test_corrected_completion_is_new(self, page: OpenPage, task: Task) -> None:
        actions.complete(task.pk, by=page.person)
        page.draw()
        actions.correct(task.pk, by=page.person, outcome="failed", notes="torn", reason="x")
        assert not page.is_still()

    def test_end_of_a_break_is_new(self, resting: OpenPage) -> None:
        presence.take_break(resting.person.pk, by=resting.person, reason="lunch")
        resting.draw()
        assert resting.is_still()
        actions.come_back(resting.person.pk, by=resting.person)
        assert not resting.is_still()

    def test_task_for_whoever_rests_is_new(
        self, resting: OpenPage, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        actions.hand_out_from([invoices.pk])
        assert not resting.is_still()

    def test_task_that_could_be_claimed_is_new(
        self, resting: OpenPage, invoices: Queue, add_task: AddTask
    ) -> None:
        add_task(invoices)
        assert not resting.is_still()
        assert "Tasks you can claim" in resting.draw()
        assert resting.look == ""

    def test_tasks_of_paused_and_of_other_queues_are_nothing_new(
        self, resting: OpenPage, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        resting.draw()
        Queue.objects.filter(pk=invoices.pk).update(is_paused=True)
        add_task(invoices)
        add_task(labels)
        assert resting.is_still()

    def test_task_of_a_queue_that_is_open_to_all_could_be_claimed(
        self, resting: OpenPage, labels: Queue, add_task: AddTask
    ) -> None:
        resting.draw()
        add_task(labels)
        assert resting.is_still()
        Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
        assert not resting.is_still()

    def test_history_that_went_to_an_archive_is_looked_at_in_full(
        self, page: OpenPage, task: Task
    ) -> None:
        task.history.all().delete()
        assert not page.is_still()


class TestTime:
    def lasts(self, page: OpenPage) -> float:
        """Return for how many seconds the page's look counts."""
        return int(page.look.split(".")[1], 16) - timezone.now().timestamp()

    def after(self, monkeypatch: pytest.MonkeyPatch, page: OpenPage, **span: float) -> bool:
        """Return whether the look still counts later."""
        later = timezone.now() + timedelta(**span)
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: later)
            return page.is_still()

    def test_page_is_looked_at_in_full_once_a_minute(
        self, page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.after(monkeypatch, page, seconds=58)
        assert not self.after(monkeypatch, page, seconds=61)

    def test_look_that_somebody_has_prolonged_does_not_count(self, page: OpenPage) -> None:
        kind, until, seal = page.look.split(".")
        longer = f"{kind}.{int(until, 16) + 60:x}.{seal}"
        for forged in (longer, f"{kind}.{until}.", "..", "x", f"waiting.{until}.{seal}", "ä"):
            assert not page.is_still(look=forged)

    def test_page_that_offers_to_undo_is_looked_at_when_that_may_be_over(
        self, page: OpenPage, task: Task
    ) -> None:
        actions.complete(task.pk, by=page.person)
        page.draw()
        assert page.is_still()
        assert self.lasts(page) <= 10

    def test_page_is_looked_at_when_the_warning_is_due(
        self, page: OpenPage, task: Task, invoices: Queue
    ) -> None:
        warned_in = invoices.silent_after * 3 / 4 - timedelta(seconds=20)
        then = timezone.now() - warned_in
        Task.objects.filter(pk=task.pk).update(started_at=then, assigned_at=then)
        User.objects.filter(pk=page.person.pk).update(last_seen_at=then)
        page.draw()
        assert 15 < self.lasts(page) <= 20

    def test_page_with_a_warning_is_looked_at_in_full_each_time(
        self, page: OpenPage, task: Task, invoices: Queue
    ) -> None:
        then = timezone.now() - invoices.silent_after * 0.9
        Task.objects.filter(pk=task.pk).update(started_at=then, assigned_at=then)
        User.objects.filter(pk=page.person.pk).update(last_seen_at=then)
        assert "may go to others" in page.draw()
        assert page.look == ""


# By what it is called: what ends the session or the access of Anna.
ENDS: dict[str, Callable[[OpenPage], Any]] = {
    "session deleted": lambda page: Session.objects.all().delete(),
    "session expired": lambda page: Session.objects.update(expire_date=timezone.now()),
    "sign-in ended": lambda page: SignIn.objects.update(session_key=None),
    "deactivated": lambda page: User.objects.filter(pk=page.person.pk).update(is_active=False),
    "password set": lambda page: new_password(page.person),
    "password stored": lambda page: User.objects.filter(pk=page.person.pk).update(password="!"),
    "access ended": lambda page: User.objects.filter(pk=page.person.pk).end_access(),
    "access ended before": lambda page: User.objects.filter(pk=page.person.pk).update(
        access_ended_at=timezone.now()
    ),
    "role taken": lambda page: page.person.groups.clear(),
}


def new_password(person: User) -> None:
    person.set_password("another")
    person.save(update_fields=["password"])


class TestWhoIsAnswered:
    @pytest.mark.parametrize("name", ENDS)
    def test_nobody_whose_access_has_ended(self, name: str, page: OpenPage) -> None:
        ENDS[name](page)
        assert not page.is_still()

    def test_page_of_an_ended_session_is_told_to_reload(self, page: OpenPage) -> None:
        Session.objects.all().delete()
        answer = page.ask()
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")

    def test_page_of_somebody_else_is_refused(self, page: OpenPage, at: At, ben: User) -> None:
        page.client = at(ben)
        assert page.ask().status_code == 409

    def test_look_of_another_session_of_the_same_person_does_not_count(
        self, page: OpenPage, at: At
    ) -> None:
        page.client = at(page.person)
        assert not page.is_still()
        page.draw()
        assert page.is_still()

    def test_look_of_another_page_does_not_count(self, at: At, root: User) -> None:
        floor = OpenPage(at(root), root, FLOOR)
        assert floor.is_still()
        floor.path = MY_WORK
        assert not floor.is_still()

    @pytest.mark.parametrize("drawn_for", ["", "x", "²", "-1", "9" * 30])
    def test_page_that_does_not_say_for_whom_it_was_drawn_is_looked_at_in_full(
        self, page: OpenPage, drawn_for: str
    ) -> None:
        headers = {"QC-Drawn-For": drawn_for, "QC-Active": "no"}
        asked = {"look": page.look, "held": page.held}
        answer = page.client.get(MY_WORK, asked, headers=headers)
        assert answer.status_code in (200, 409)

    def test_press_is_never_answered(self, page: OpenPage) -> None:
        headers = {"QC-Drawn-For": f"{page.person.pk}/x", "QC-Active": "no"}
        answer = page.client.post(f"{MY_WORK}?look={page.look}", headers=headers)
        assert answer.status_code == 405


class TestFloor:
    @pytest.fixture
    def floor(self, mona_client: Client, mona: User, task: Task, ben: User) -> OpenPage:
        signed_in(ben)
        floor = OpenPage(mona_client, mona, FLOOR)
        assert floor.is_still()
        return floor

    @pytest.fixture
    def desk(self, desk: Desk, floor: OpenPage) -> Desk:
        return desk

    @pytest.mark.parametrize("name", CHANGES)
    def test_change_is_new_at_once(self, name: str, floor: OpenPage, desk: Desk) -> None:
        floor.draw()
        assert floor.is_still()
        CHANGES[name](desk)
        assert not floor.is_still()

    def test_new_task_is_new(self, floor: OpenPage, mona: User, invoices: Queue) -> None:
        import_file(f"{HEAD}A-1,Check,Invoices\n", by=mona)
        assert not floor.is_still()

    def test_it_is_looked_at_in_full_after_15_seconds(
        self, floor: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = timezone.now() + timedelta(seconds=16)
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert not floor.is_still()

    def test_full_look_that_finds_nothing_gives_the_page_its_look(self, floor: OpenPage) -> None:
        seen = re.search(r"seen=([^\"]+)", floor.draw())
        assert seen is not None
        answer = floor.ask(look="", seen=seen[1])
        assert answer.status_code == 204
        floor.look = answer.headers[looks.HEADER]
        assert floor.is_still()

    def test_session_that_has_ended_is_not_answered(self, floor: OpenPage) -> None:
        Session.objects.all().delete()
        assert not floor.is_still()

    def test_floor_with_hundreds_of_queues_asks_in_a_short_address(self, floor: OpenPage) -> None:
        Queue.objects.bulk_create(Queue(name=f"Queue {n}") for n in range(300))
        seen = re.search(r"seen=([^\"]+)", floor.draw())
        assert seen is not None
        assert len(seen[1]) < 1000
        assert floor.ask(look="", seen=seen[1]).status_code == 204

    def test_only_rows_with_the_same_digest_as_a_changed_one_are_drawn(
        self, floor: OpenPage, mona: User
    ) -> None:
        Queue.objects.bulk_create(Queue(name=f"Queue {n}") for n in range(200))
        seen = re.search(r"seen=([^\"]+)", floor.draw())
        assert seen is not None
        actions.pause(Queue.objects.get(name="Queue 7").pk, by=mona, reason="x")
        panel = floor.ask(look="", seen=seen[1]).content.decode()
        rows = re.findall(r'<tr id="queue-\d+"( hx-preserve="true")?', panel)
        assert "Queue 7</a>" in panel
        assert len(rows) == 201
        assert rows.count("") <= 4


@on_mariadb
class TestRowsRead:
    def test_question_reads_no_more_after_years(
        self, page: OpenPage, task: Task, invoices: Queue
    ) -> None:
        few = rows_touched(page.ask)
        add_history(task, page.person, 3_000)
        page.draw()
        assert page.is_still()
        assert rows_touched(page.ask) <= few < 30

    def test_question_of_a_resting_person_reads_no_more_where_others_wait(
        self, labels: Queue, resting: OpenPage, add_task: AddTask
    ) -> None:
        few = rows_touched(resting.ask)
        for _ in range(300):
            add_task(labels)
        assert resting.is_still()
        assert rows_touched(resting.ask) <= few + 3
        assert few < 40


def add_history(task: Task, person: User, n: int) -> None:
    """Add rows of other tasks that came to this person, of the person, and of queues."""
    rows = Task.history.model
    row = task.history.values().latest("history_id")
    row |= {"history_id": None, "status": Status.COMPLETED, "person_id": person.pk}
    rows.objects.bulk_create(rows(**row | {"id": 10_000 + number}) for number in range(n))
    people = User.history.model
    last = person.history.values().latest("history_id") | {"history_id": None}
    people.objects.bulk_create(people(**last) for _ in range(n))
    Queue.objects.first().save()
