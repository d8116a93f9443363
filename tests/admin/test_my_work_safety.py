"""*My work*: a slip is undone or corrected, and nothing that was typed is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.admin.my_work.state import MyWorkState
from qc.core.wording import clock
from qc.models import Queue, Task, User
from qc.work import actions, lifecycle, presence

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices."""
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def annas(anna: User, two: list[Task], sign_in_client: Callable[[User], Client]) -> Client:
    """Anna's browser; she has the first task."""
    client = sign_in_client(anna)
    anna.refresh_from_db()
    return client


def send(client: Client, name: str, task: Task | None = None, /, **form: Any) -> HttpResponse:
    """Send a form of the page as htmx does."""
    address = reverse(f"admin:my_work_{name}", args=[task.pk] if task else [])
    return client.post(address, form, headers=HTMX)


def panel(client: Client, name: str, task: Task | None = None, /, **form: Any) -> str:
    answer = send(client, name, task, **form)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def plainly(client: Client, name: str, task: Task, **form: Any) -> str:
    """Send a form as a browser without JavaScript does; return the page that comes."""
    address = reverse(f"admin:my_work_{name}", args=[task.pk])
    return client.post(address, form, follow=True).content.decode()


def now(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


class TestOpen:
    def test_opening_starts_the_task_and_redraws_nothing(
        self, annas: Client, two: list[Task]
    ) -> None:
        seen = annas.get(reverse("admin:my_work")).context["state"].version
        for _ in range(2):
            assert send(annas, "open", two[0], seen=seen).status_code == 204
        assert now(two[0]).started_at
        assert two[0].history.filter(kind="started").count() == 1

    def test_opening_a_task_that_is_gone_shows_what_is_there(
        self, annas: Client, two: list[Task], mona: User
    ) -> None:
        seen = annas.get(reverse("admin:my_work")).context["state"].version
        actions.hold(two[0].pk, by=mona, reason="call them")
        held = str(two[0].pk)
        shown = panel(annas, "open", two[0], seen=seen, held=held)
        assert "mona put QD-0001 on hold" in shown
        assert "QD-0002" in shown

    def test_opening_does_not_start_what_must_be_scanned(
        self, annas: Client, two: list[Task], invoices: Queue
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        send(annas, "open", two[0])
        assert now(two[0]).started_at is None
        page = annas.get(reverse("admin:my_work")).content.decode()
        assert "Scan the label to start" in page
        assert "Scan the label of QD-0001 first" in panel(
            annas, "complete", two[0], outcome="passed"
        )


class TestScan:
    def test_own_task_is_started(self, annas: Client, two: list[Task]) -> None:
        assert "QD-0001 is started." in panel(annas, "scan", reference="qd-0001")
        assert now(two[0]).started_at

    def test_waiting_task_is_claimed_and_the_untouched_one_goes_back(
        self, annas: Client, two: list[Task], anna: User
    ) -> None:
        shown = panel(annas, "scan", reference="QD-0002")
        assert "QD-0002 is started." in shown
        assert "QD-0001 is back in the queue." in shown
        assert list(Task.objects.held_by(anna)) == [two[1]]

    @pytest.mark.parametrize("reference", ["", "nothing-is-called-so"])
    def test_refusal_says_why(self, annas: Client, two: list[Task], reference: str) -> None:
        shown = panel(annas, "scan", reference=reference, task=two[0].pk)
        words = "There is no task" if reference else "Scan or type a reference."
        assert words in shown
        assert "QD-0001" in shown

    def test_scan_works_without_javascript(self, annas: Client, two: list[Task]) -> None:
        form = {"reference": "qd-0002"}
        answer = annas.post(reverse("admin:my_work_scan"), form, follow=True)
        assert "QD-0002 is started." in answer.content.decode()
        assert answer.context["state"].task == two[1]


class TestUndo:
    def test_panel_offers_undo_until_another_task_is_started(
        self, annas: Client, two: list[Task], anna: User
    ) -> None:
        assert "Undo" in panel(annas, "complete", two[0], outcome="passed", notes="fine")
        long_ago = timezone.now() - timedelta(seconds=11)
        anna.history.update(history_date=long_ago)  # signed in then
        Task.objects.filter(pk=two[0].pk).update(completed_at=long_ago)
        assert MyWorkState(anna).undoable == two[0]
        actions.start(two[1].pk, by=anna)
        assert MyWorkState(anna).undoable is None
        refused = panel(annas, "undo", two[0])
        assert "it is too late to undo that" in refused
        assert "QD-0002" in refused

    def test_undone_task_is_in_front_with_notes_and_outcome(
        self, annas: Client, two: list[Task]
    ) -> None:
        panel(annas, "complete", two[0], outcome="failed", notes="torn")
        shown = panel(annas, "undo", two[0])
        assert "QD-0001 is yours again" in shown
        assert "You had chosen: failed." in shown
        assert ">torn</textarea>" in shown
        assert [row.kind for row in two[0].history.all()][:2] == ["completion undone", "completed"]

    def test_panel_is_redrawn_when_undo_is_no_longer_possible(
        self, annas: Client, two: list[Task], anna: User
    ) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        state = MyWorkState(anna)
        shown = {"seen": state.version, "undo": state.undo_id}
        address = reverse("admin:my_work_panel")
        assert annas.get(address, shown).status_code == 204
        actions.start(two[1].pk, by=anna)
        long_ago = timezone.now() - timedelta(seconds=11)
        Task.objects.filter(pk=two[0].pk).update(completed_at=long_ago)
        assert annas.get(address, shown).status_code == 200


class TestDoneToday:
    def test_page_lists_the_last_20(
        self, annas: Client, two: list[Task], invoices: Queue, add_task: AddTask, anna: User
    ) -> None:
        assert "What you complete appears here" in annas.get("/admin/my-work/").content.decode()
        for task in [*two, *(add_task(invoices) for _ in range(20))]:
            actions.hand_out_to(anna.pk)
            actions.complete(task.pk, by=anna)
        page = annas.get("/admin/my-work/")
        assert len(page.context["state"].done) == 20
        assert "The last 20 are shown." in page.content.decode()

    def test_correction_is_audited_with_its_reason(self, annas: Client, two: list[Task]) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        form = {"outcome": "failed", "notes": "torn", "reason": "looked again"}
        assert "QD-0001 is corrected: failed." in panel(annas, "correct", two[0], **form)
        row = two[0].history.get(kind="corrected")
        assert (row.outcome, row.notes, row.why) == ("failed", "torn", "looked again")

    @pytest.mark.parametrize("plain", [False, True])
    def test_refused_correction_keeps_what_was_typed(
        self, annas: Client, two: list[Task], plain: bool
    ) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        ask = plainly if plain else panel
        shown = ask(annas, "correct", two[0], outcome="failed", notes="torn in two", reason=" ")
        assert "Please give a reason." in shown
        assert ">torn in two</textarea>" in shown
        assert 'value="failed" required checked' in shown
        assert now(two[0]).outcome == "passed"

    def test_correction_to_failed_needs_notes(self, annas: Client, two: list[Task]) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        form = {"outcome": "failed", "notes": " ", "reason": "looked again"}
        assert "write in the notes" in panel(annas, "correct", two[0], **form)

    def test_queue_limits_how_long_one_may_correct(
        self, annas: Client, two: list[Task], invoices: Queue
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(correct_within=timedelta(minutes=5))
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        assert "Correct QD-0001" in annas.get("/admin/my-work/").content.decode()
        old = timezone.now() - timedelta(minutes=6)
        Task.objects.filter(pk=two[0].pk).update(completed_at=old)
        assert "Correct QD-0001" not in annas.get("/admin/my-work/").content.decode()
        form = {"outcome": "failed", "notes": "torn", "reason": "looked again"}
        shown = panel(annas, "correct", two[0], **form)
        assert "can no longer be corrected" in shown
        assert ">torn</textarea>" in shown


class TestSecondOutcome:
    def test_another_outcome_is_refused_and_can_be_sent_as_a_correction(
        self, annas: Client, two: list[Task]
    ) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        shown = panel(annas, "complete", two[0], outcome="failed", notes="torn")
        assert "You completed QD-0001 as passed at" in shown
        assert "Your notes for QD-0001 were not saved" in shown
        assert "Send as a correction" in shown
        assert ">torn</textarea>" in shown
        assert now(two[0]).outcome == "passed"

    def test_card_goes_when_it_is_sent_and_not_before(self, annas: Client, two: list[Task]) -> None:
        panel(annas, "complete", two[0], outcome="passed", notes="fine")
        form = {"outcome": "failed", "notes": "torn", "kept": "1a2b"}
        gone = '<i id="kept-1a2b" hx-swap-oob="delete"></i>'
        refused = panel(annas, "correct", two[0], reason="", **form)
        assert gone in refused  # another card with the same words takes its place
        assert "Send as a correction" in refused
        sent = panel(annas, "correct", two[0], reason="looked again", **form)
        assert gone in sent
        assert "Send as a correction" not in sent

    def test_same_outcome_again_changes_nothing(self, annas: Client, two: list[Task]) -> None:
        for _ in range(2):
            shown = panel(annas, "complete", two[0], outcome="passed", notes="a\r\nb")
            assert "were not saved" not in shown
        assert now(two[0]).notes == "a\nb"


class TestGoneTask:
    @pytest.mark.parametrize("plain", [False, True])
    def test_notes_for_a_task_that_was_taken_are_shown(
        self, annas: Client, two: list[Task], mona: User, plain: bool
    ) -> None:
        actions.hold(two[0].pk, by=mona, reason="call them")
        ask = plainly if plain else panel
        shown = ask(annas, "complete", two[0], outcome="failed", notes="torn in two")
        assert "QD-0001 is on hold" in shown
        assert "Your notes for QD-0001 were not saved" in shown
        assert ">torn in two</textarea>" in shown

    def test_notes_that_travel_with_the_task_are_not_called_lost(
        self, annas: Client, two: list[Task], anna: User, mona: User
    ) -> None:
        actions.save_draft(two[0].pk, "corner bent", by=anna)
        actions.hold(two[0].pk, by=mona, reason="call them")
        shown = panel(annas, "complete", two[0], outcome="failed", notes="corner bent")
        assert "were not saved" not in shown

    def test_notes_are_sent_along(
        self, annas: Client, two: list[Task], anna: User, ben: User, mona: User
    ) -> None:
        actions.sign_in(ben.pk)
        actions.complete(two[1].pk, by=ben)
        actions.assign(two[0].pk, ben.pk, by=mona, reason="ben knows them")
        shown = panel(annas, "send_notes", two[0], notes="corner bent")
        assert "Your notes were sent along with QD-0001." in shown
        assert now(two[0]).draft == f"anna, {clock(timezone.now())}: corner bent"

    def test_notes_that_cannot_be_sent_stay(
        self, annas: Client, two: list[Task], anna: User, mona: User
    ) -> None:
        actions.hold(two[0].pk, by=mona, reason="call them")
        actions.cancel(two[0].pk, by=mona, reason="stocktaking")
        shown = panel(annas, "send_notes", two[0], notes="corner bent", kept="1a2b")
        assert "no notes can be added" in shown
        assert ">corner bent</textarea>" in shown


class TestNewerNotes:
    def test_draft_based_on_older_notes_is_refused_with_the_newer_ones(
        self, annas: Client, two: list[Task]
    ) -> None:
        assert send(annas, "draft", two[0], notes="newer", version="0").status_code == 200
        answer = send(annas, "draft", two[0], notes="older", version="0")
        assert answer.status_code == 409
        newer = {"notes": "newer", "fields": [], "version": 1, "message": ""}
        assert {**answer.json(), "message": ""} == newer  # type: ignore[attr-defined]
        assert now(two[0]).draft == "newer"

    def test_completing_with_older_notes_is_refused_the_same_way(
        self, annas: Client, two: list[Task]
    ) -> None:
        send(annas, "draft", two[0], notes="newer", version="0")
        form = {"outcome": "failed", "notes": "older", "version": "0"}
        assert send(annas, "complete", two[0], **form).status_code == 409
        assert now(two[0]).status == "assigned"

    def test_both_are_shown_without_javascript_and_sending_again_keeps_mine(
        self, annas: Client, two: list[Task]
    ) -> None:
        send(annas, "draft", two[0], notes="the newer", version="0")
        form = {"outcome": "failed", "notes": "the older"}
        page = plainly(annas, "complete", two[0], version="0", **form)
        for words in ("Newer notes from another tab", ">the newer</textarea>", ">the older</text"):
            assert words in page
        assert 'name="version" value="1"' in page
        plainly(annas, "complete", two[0], version="1", **form)
        assert now(two[0]).notes == "the older"

    def test_draft_does_not_redraw_the_panel(
        self, annas: Client, two: list[Task], anna: User
    ) -> None:
        before = MyWorkState(anna).version
        send(annas, "draft", two[0], notes="corner bent", version="0")
        assert MyWorkState(anna).version == before


def test_reasons_of_the_queue_are_offered_and_kept(
    annas: Client, two: list[Task], invoices: Queue
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(hand_back_reasons="Too dark\nLabel missing")
    assert "<option>Too dark</option>" in annas.get("/admin/my-work/").content.decode()
    assert "Please give a reason." in panel(annas, "release", two[0], chosen="-", reason=" ")
    panel(annas, "release", two[0], chosen="Too dark", reason="lamp is broken")
    assert two[0].history.get(kind="released").why == "Too dark: lamp is broken"
    panel(annas, "release", two[1], chosen="-", reason="not mine")
    assert two[1].history.get(kind="released").why == "not mine"


def test_panel_warns_before_a_task_goes_to_others(
    annas: Client, two: list[Task], anna: User, invoices: Queue
) -> None:
    lifecycle.start(two[0].pk, by=anna)
    anna.refresh_from_db()
    assert MyWorkState(anna).goes_at is None
    unseen_since = timezone.now() - invoices.silent_after * 0.9
    Task.objects.filter(pk=two[0].pk).update(started_at=unseen_since)
    User.objects.filter(pk=anna.pk).update(last_seen_at=unseen_since)
    anna.refresh_from_db()
    state = MyWorkState(anna)
    assert state.goes_at == unseen_since + invoices.silent_after
    assert state.version != MyWorkState(User.objects.get(pk=anna.pk), None).version or state.goes_at
    shown = annas.get(reverse("admin:my_work_panel"), headers=HTMX).content.decode()
    assert f"QD-0001 may go to others at {clock(state.goes_at)}" in shown


def test_task_in_front_stays_in_front_when_a_more_urgent_one_comes(
    annas: Client, two: list[Task], anna: User, invoices: Queue, add_task: AddTask
) -> None:
    User.objects.filter(pk=anna.pk).update(capacity=3)
    before = annas.get("/admin/my-work/").context["state"].task
    add_task(invoices, priority=1)
    actions.hand_out_to(anna.pk)
    address = reverse("admin:my_work_panel")
    shown = annas.get(address, {"task": before.pk}, headers=HTMX).context["state"]
    assert shown.task == before
    assert len(shown.others) == 2


def test_person_who_was_sent_away_sees_no_undo(annas: Client, two: list[Task], anna: User) -> None:
    actions.complete(two[0].pk, by=anna)
    presence.take_break(anna.pk, by=anna, reason="Lunch")
    assert MyWorkState(User.objects.get(pk=anna.pk)).undoable is None
