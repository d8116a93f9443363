"""Nothing that somebody typed on *My work* is lost, and a slip can be undone, in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from qc.models import Queue, Task, User
from qc.work import actions
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices."""
    return [add_task(invoices) for _ in range(2)]


def second_tab(page: Page) -> Page:
    """Open *My work* in another tab, which does not look for news by itself."""
    other = page.context.new_page()
    # Nothing new: a look that fails would be a lost line, and drafts would wait for it.
    other.route("**/panel/**", lambda route: route.fulfill(status=204))
    other.goto("/admin/my-work/")
    ready(other)
    return other


def write(page: Page, text: str) -> None:
    """Write notes, and wait until they are answered."""
    with page.expect_response(lambda answer: "/draft/" in answer.url):
        page.locator(".qc-notes").press_sequentially(text)


class TestUndo:
    def test_undo_brings_the_task_back_as_it_was(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        ready(page)
        write(page, "corner bent")
        press(page, "Failed")
        in_front(page, two[1])
        expect(page.get_by_text("QD-0001: failed.")).to_be_visible()
        press(page, "Undo")
        in_front(page, two[0])
        expect(page.locator(".qc-notes")).to_have_value("corner bent")
        expect(page.get_by_text("You had chosen: failed.")).to_be_visible()
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        assert outcomes() == {}
        assert two[0].history.filter(kind="completion undone").count() == 1

    def test_undo_works_by_keyboard(self, two: list[Task], anna: User, sign_in: SignIn) -> None:
        page = sign_in(anna)
        ready(page)
        page.keyboard.press("Control+Enter")
        in_front(page, two[1])
        ready(page)
        page.get_by_role("button", name="Undo").press("Enter")
        in_front(page, two[0])

    def test_done_today_lists_and_corrects(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        page.get_by_text("Done today").click()
        expect(page.get_by_text("What you complete appears here")).to_be_visible()
        press(page, "Passed")
        in_front(page, two[1])
        page.get_by_role("button", name="Correct QD-0001").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Failed").check()
        dialog.get_by_label("Notes").fill("torn after all")
        dialog.get_by_role("button", name="Correct").click()
        expect(dialog).to_be_visible()  # without a reason the browser does not send it
        dialog.get_by_label("Reason").fill("looked again")
        dialog.get_by_role("button", name="Correct").click()
        expect(page.get_by_text("QD-0001 is corrected: failed.")).to_be_visible()
        expect(page.locator("#done-list .qc-outcome")).to_have_text("failed")
        assert outcomes() == {"QD-0001": "failed"}


class TestCompletedWithNotes:
    @pytest.mark.parametrize("pause", [60, 300])
    def test_what_was_completed_with_is_never_offered_as_unsaved(
        self, two: list[Task], anna: User, sign_in: SignIn, pause: int
    ) -> None:
        page = sign_in(anna)
        ready(page)
        page.locator(".qc-notes").press_sequentially("corner bent", delay=70)
        page.wait_for_timeout(pause)
        page.keyboard.press("Control+Enter")
        in_front(page, two[1])
        expect(page.locator(".qc-kept")).to_have_count(0)
        assert Task.objects.get(pk=two[0].pk).notes == "corner bent"
        page.reload()
        in_front(page, two[1])
        expect(page.locator(".qc-kept")).to_have_count(0)

    def test_only_what_was_typed_after_the_press_is_offered(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        ready(page)
        held: list[Any] = []
        page.route("**/complete/", lambda route: held.extend([route]))
        page.locator(".qc-notes").press_sequentially("corner bent", delay=70)
        page.keyboard.press("Control+Enter")
        until(lambda: page.wait_for_timeout(50) or held)
        page.keyboard.type(" twice", delay=70)
        held[0].continue_()
        in_front(page, two[1])
        card = page.locator(".qc-kept")
        expect(card.get_by_label("What you wrote")).to_have_value("corner bent twice")
        assert Task.objects.get(pk=two[0].pk).notes == "corner bent"

    def test_card_of_a_task_goes_when_its_text_is_in_the_notes_again(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        ready(page)
        write(page, "corner bent")
        press(page, "Passed")
        in_front(page, two[1])
        lost = {"task": str(two[0].pk), "reference": "QD-0001", "text": "corner bent"}
        page.evaluate("(lost) => qcKept.show({ ...lost, message: '' })", lost)
        expect(page.locator(".qc-kept")).to_have_count(1)
        press(page, "Undo")
        in_front(page, two[0])
        expect(page.locator(".qc-kept")).to_have_count(0)
        expect(page.locator(".qc-notes")).to_have_value("corner bent")

    def test_look_that_crosses_an_undo_leaves_the_notes_in_their_place(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        ready(page)
        write(page, "corner bent")
        press(page, "Passed")
        in_front(page, two[1])
        under_way: list[Any] = []
        page.route("**/panel/**", lambda route: under_way.append(route))  # noqa: PLW0108
        with page.expect_request("**/panel/**"):
            page.evaluate("htmx.trigger('#my-work', 'look')")
        press(page, "Undo")
        in_front(page, two[0])
        # Dropped as old, so it is asked for anew.
        with page.expect_request("**/panel/**"):
            under_way[0].continue_()
        expect(page.locator(".qc-notes")).to_have_value("corner bent")


class TestTwoTabs:
    def test_older_notes_never_overwrite_newer_ones(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, two[0])
        other = second_tab(page)
        write(other, "newer words")
        write(page, "older")
        expect(page.get_by_text("Newer notes from another tab")).to_be_visible()
        assert Task.objects.get(pk=two[0].pk).draft == "newer words"
        expect(page.locator(".qc-newer textarea")).to_have_value("newer words")
        expect(page.locator(".qc-notes")).to_have_value("older")
        with page.expect_response(lambda answer: "/draft/" in answer.url):
            page.get_by_role("button", name="Keep mine").click()
        assert Task.objects.get(pk=two[0].pk).draft == "older"
        write(other, " and more")
        other.get_by_role("button", name="Use the newer notes").click()
        expect(other.locator(".qc-notes")).to_have_value("older")

    def test_older_notes_do_not_complete_the_task(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, two[0])
        other = second_tab(page)
        write(other, "seal broken")
        press(page, "Passed")
        expect(page.get_by_text("Newer notes from another tab")).to_be_visible()
        assert outcomes() == {}
        press(page, "Use the newer notes")
        press(page, "Passed")
        in_front(page, two[1])
        assert Task.objects.get(pk=two[0].pk).notes == "seal broken"

    def test_second_outcome_is_refused_and_its_notes_are_kept(
        self, two: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, two[0])
        other = second_tab(page)
        other.route("**/draft/", lambda route: route.abort())
        # It must not see before the press that the task is done.
        other.route("**/my-work/panel/*", lambda route: route.fulfill(status=204))
        other.locator(".qc-notes").press_sequentially("torn at page 5")
        press(page, "Passed")
        in_front(page, two[1])
        press(other, "Failed")
        card = other.locator(".qc-kept")
        expect(card).to_contain_text("Your notes for QD-0001 were not saved")
        expect(card.get_by_label("Notes")).to_have_value("torn at page 5")
        assert outcomes() == {"QD-0001": "passed"}
        card.get_by_label("Reason").fill("the other tab was older")
        card.get_by_role("button", name="Send as a correction").click()
        expect(card).to_have_count(0)
        assert outcomes() == {"QD-0001": "failed"}


class TestTakenAway:
    def test_what_is_being_typed_stays_when_the_task_goes(
        self, two: list[Task], anna: User, mona: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, two[0])
        page.route("**/draft/", lambda route: route.abort())
        page.locator(".qc-notes").press_sequentially("corner bent")
        actions.hold(two[0].pk, by=mona, reason="call them")
        in_front(page, two[1])
        card = page.locator(".qc-kept")
        expect(card.get_by_label("What you wrote")).to_have_value("corner bent")
        card.get_by_role("button", name="Send along").click()
        expect(page.get_by_text("Your notes were sent along with QD-0001.")).to_be_visible()
        expect(card).to_have_count(0)
        assert "corner bent" in Task.objects.get(pk=two[0].pk).draft

    @pytest.mark.parametrize("drafts", ["saved", "not saved"])
    def test_sentence_is_not_cut_off_and_its_rest_presses_nothing(
        self, two: list[Task], anna: User, mona: User, sign_in: SignIn, drafts: str
    ) -> None:
        User.objects.filter(pk=anna.pk).update(single_keys=True)
        page = sign_in(anna)
        in_front(page, two[0])
        if drafts == "not saved":
            page.route("**/draft/", lambda route: route.abort())
        page.locator(".qc-notes").press_sequentially("corner ", delay=70)
        actions.hold(two[0].pk, by=mona, reason="call them")
        sentence = "corner of page five is bent and pale; please pack it in paper first"
        page.keyboard.type(sentence.removeprefix("corner "), delay=100)
        assert page.locator(".qc-notes").input_value() == sentence
        in_front(page, two[1])
        page.keyboard.type("pf pf x", delay=100)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("This is another task. Look at it, wait")).to_be_visible()
        card = page.locator(".qc-kept")
        expect(card).to_have_count(1)
        expect(card.get_by_label("What you wrote")).to_have_value(sentence)
        expect(page.locator(".qc-notes")).to_have_value("")
        expect(page.get_by_label("Scan or type a reference")).to_have_value("")
        ready(page)
        assert outcomes() == {}

    def test_draft_of_a_task_that_is_gone_is_shown_to_copy(
        self, two: list[Task], anna: User, mona: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        other = second_tab(page)
        in_front(other, two[0])
        actions.hold(two[0].pk, by=mona, reason="call them")
        write(other, "corner bent")
        card = other.locator(".qc-kept")
        expect(card).to_contain_text("QD-0001")
        card.get_by_role("button", name="Discard").click()
        expect(card).to_have_count(0)


class TestWithoutJavaScript:
    @pytest.fixture
    def plain(self, browser: Any, live_server: Any, anna: User) -> Any:
        """A window without JavaScript in which Anna is signed in."""
        context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
        page = context.new_page()
        page.goto("/admin/login/?next=/admin/my-work/")
        page.locator("[name=username]").fill("anna")
        page.locator("[name=password]").fill("demo")
        page.get_by_role("button", name="Sign in").click()
        yield page
        context.close()

    def test_a_task_is_started_passed_undone_and_corrected(
        self, two: list[Task], plain: Page
    ) -> None:
        plain.get_by_role("button", name="Start").click()
        expect(plain.get_by_text("QD-0001 is started.")).to_be_visible()
        plain.get_by_role("button", name="Passed").click()
        plain.get_by_role("button", name="Undo").click()
        expect(plain.locator("#task-name")).to_have_text(two[0].name)
        plain.locator(".qc-notes").fill("fine")
        plain.get_by_role("button", name="Passed").click()
        plain.get_by_text("Done today").click()
        plain.get_by_role("button", name="Correct QD-0001").click()
        dialog = plain.get_by_role("dialog")
        dialog.get_by_label("Failed").check()
        dialog.get_by_label("Reason").fill("looked again")
        dialog.get_by_role("button", name="Correct").click()
        assert outcomes() == {"QD-0001": "failed"}

    def test_a_reference_is_typed(self, two: list[Task], plain: Page) -> None:
        plain.get_by_label("Scan or type a reference").fill("qd-0002")
        plain.get_by_role("button", name="Open", exact=True).click()
        expect(plain.locator("#task-name")).to_have_text(two[1].name)
        until(lambda: Task.objects.get(pk=two[1].pk).started_at)
