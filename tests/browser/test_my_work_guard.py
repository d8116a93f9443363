"""No task is passed by a scanner, a second click or a key that somebody holds, in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from qc.models import Queue, Task, User
from qc.work import actions
from tests.browser.axe import window
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready, scan
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

PASSED = "#my-work .qc-passed"


@pytest.fixture
def three(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Three waiting invoices."""
    return [add_task(invoices) for _ in range(3)]


@pytest.fixture
def long_ones(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Three tasks with 60 columns and 5,000 characters of instructions."""
    details = {f"Column {n}": f"value {n}" for n in range(60)}
    return [add_task(invoices, details=details, instructions="check " * 833) for _ in range(3)]


class TestScanner:
    @pytest.mark.parametrize("focus", ["body", "#task-name", PASSED, "#gives-back"])
    @pytest.mark.parametrize("label", ["pa-99", "4711"])
    def test_scan_that_ends_with_enter_passes_nothing(
        self, three: list[Task], anna: User, sign_in: SignIn, focus: str, label: str
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.locator(focus).focus()
        scan(page, label)
        expect(page.get_by_text(f"There is no task {label}.", exact=False)).to_be_visible()
        in_front(page, three[0])
        assert outcomes() == {}

    def test_scan_passes_nothing_with_single_letter_keys(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        User.objects.filter(pk=anna.pk).update(single_keys=True)
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        scan(page, "pf-99")
        expect(page.get_by_text("There is no task PF-99.")).to_be_visible()
        assert outcomes() == {}

    def test_scan_into_a_dialog_does_not_send_it(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        press(page, "Give back")
        reason = page.get_by_role("dialog").get_by_label("Reason")
        expect(reason).to_be_focused()
        scan(page, "qd-0002")
        expect(reason).to_have_value("qd-0002")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert not Task.history.filter(kind="released").exists()

    def test_answers_that_cross_leave_the_notes_in_their_place(
        self, invoices: Queue, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        under_way: list[Route] = []
        page.route("**/panel/**", lambda route: under_way.append(route))  # noqa: PLW0108
        with page.expect_request("**/panel/**"):
            page.evaluate("htmx.trigger('#my-work', 'look')")
        page.locator(".qc-notes").press_sequentially("corner bent ", delay=60)
        page.wait_for_timeout(100)
        scan(page, "qd-0001")
        expect(page.get_by_text("QD-0001 is started.")).to_be_visible()
        # Dropped as old, so it is asked for anew.
        with page.expect_request("**/panel/**"):
            under_way[0].continue_()
        expect(page.locator(PASSED)).to_be_enabled()
        expect(page.locator(".qc-notes")).to_have_value("corner bent ")

    def test_scan_brings_a_waiting_task_and_starts_it(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        scan(page, "qd-0003")
        in_front(page, three[2])
        expect(page.get_by_text("QD-0003 is started.")).to_be_visible()
        expect(page.locator("#task-name")).to_be_focused()
        assert Task.objects.get(pk=three[2].pk).started_at

    def test_scan_of_what_somebody_else_has_says_so(
        self, three: list[Task], anna: User, ben: User, sign_in: SignIn
    ) -> None:
        actions.sign_in(ben.pk)
        page = sign_in(anna)
        in_front(page, three[1])
        scan(page, "QD-0001")
        expect(page.get_by_text("ben already has QD-0001.")).to_be_visible()
        in_front(page, three[1])

    def test_queue_demands_the_scan_before_the_outcome(
        self, invoices: Queue, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        page = sign_in(anna)
        in_front(page, three[0])
        expect(page.get_by_text("Scan the label to start")).to_be_visible()
        expect(page.get_by_label("Scan or type a reference")).to_be_focused()
        ready(page)
        page.keyboard.press("Control+Enter")
        expect(page.locator(PASSED)).to_be_disabled()
        scan(page, "qd-0001")
        expect(page.locator(PASSED)).to_be_enabled()
        press(page, "Passed")
        in_front(page, three[1])
        assert outcomes() == {"QD-0001": "passed"}

    @pytest.mark.parametrize(
        ("label", "notes"), [("qd-0001", "corner bent "), ("4711", "corner bent 4711\n")]
    )
    def test_own_reference_scanned_into_the_notes_starts_the_task(
        self,
        invoices: Queue,
        three: list[Task],
        anna: User,
        sign_in: SignIn,
        label: str,
        notes: str,
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.locator(".qc-notes").press_sequentially("corner bent ", delay=60)
        page.wait_for_timeout(100)
        scan(page, label)
        expect(page.locator(".qc-notes")).to_have_value(notes)
        if label == "qd-0001":
            expect(page.locator(PASSED)).to_be_enabled()
            expect(page.locator(".qc-notes")).to_have_value(notes)
        else:
            expect(page.locator(PASSED)).to_be_disabled()


class TestKeys:
    def test_letters_alone_press_nothing(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.keyboard.type("psp", delay=100)
        expect(page.get_by_label("Scan or type a reference")).to_have_value("psp")
        assert outcomes() == {}

    def test_second_press_of_a_key_does_not_reach_the_next_task(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        User.objects.filter(pk=anna.pk).update(single_keys=True)
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.keyboard.press("p")
        in_front(page, three[1])
        page.keyboard.press("p")
        expect(page.locator(PASSED)).to_have_attribute("aria-disabled", "true")
        ready(page)
        assert outcomes() == {"QD-0001": "passed"}
        page.keyboard.press("p")
        in_front(page, three[2])
        assert outcomes() == {"QD-0001": "passed", "QD-0002": "passed"}

    def test_press_that_comes_too_early_begins_the_wait_anew(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        User.objects.filter(pk=anna.pk).update(single_keys=True)
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.keyboard.press("p")
        in_front(page, three[1])
        for key in ("p", "Control+Enter", "p", "p"):
            page.keyboard.press(key)
            page.wait_for_timeout(400)
            expect(page.locator(PASSED)).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_text("This is another task. Look at it, wait")).to_be_visible()
        ready(page)
        assert outcomes() == {"QD-0001": "passed"}
        page.keyboard.press("p")
        in_front(page, three[2])

    def test_ctrl_enter_works_right_after_fast_typing(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.locator(".qc-notes").focus()
        page.keyboard.type("corner bent", delay=10)
        page.keyboard.press("Control+Enter")
        in_front(page, three[1])
        assert Task.objects.get(pk=three[0].pk).notes == "corner bent"

    def test_key_that_is_held_passes_one_task(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, three[0])
        ready(page)
        page.keyboard.down("Control")
        page.keyboard.down("Enter")
        in_front(page, three[1])
        ready(page)
        for _ in range(5):
            page.keyboard.down("Enter")  # repeated by the keyboard
        page.keyboard.up("Enter")
        page.keyboard.up("Control")
        assert outcomes() == {"QD-0001": "passed"}

    def test_single_letters_are_switched_on_in_the_settings(
        self, three: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        page.goto("/admin/my-settings/")
        page.get_by_label("Single-letter keys").check()
        page.get_by_role("button", name="Save").click()
        page.goto("/admin/my-work/")
        ready(page)
        page.keyboard.press("p")
        in_front(page, three[1])


class TestPointer:
    @pytest.mark.parametrize("tasks", ["three", "long_ones"])
    def test_click_where_the_pointer_lies_does_not_pass_the_next_task(
        self, tasks: str, anna: User, sign_in: SignIn, request: pytest.FixtureRequest
    ) -> None:
        first, second, third = request.getfixturevalue(tasks)
        page = sign_in(anna)
        for task in (first, second):
            in_front(page, task)
            press(page, "Passed")
        in_front(page, third)
        page.mouse.down()
        page.mouse.up()
        ready(page)
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_text("Look at it, move the pointer")).to_be_visible()
        assert set(outcomes()) == {"QD-0001", "QD-0002"}
        press(page, "Passed")
        expect(page.get_by_text("No tasks right now")).to_be_visible()

    def test_touch_that_began_with_the_new_task_counts(
        self, three: list[Task], anna: User, browser: Any, live_server: Any
    ) -> None:
        actions.sign_in(anna.pk)
        page = window(browser, str(live_server), anna, has_touch=True, is_mobile=True)
        page.goto("/admin/my-work/")
        ready(page)
        page.locator(PASSED).tap()
        in_front(page, three[1])
        page.locator(PASSED).tap(force=True)
        ready(page)
        assert outcomes() == {"QD-0001": "passed"}
        page.locator(PASSED).tap()
        in_front(page, three[2])
        page.context.close()


class TestLongTask:
    @pytest.mark.parametrize("width", [390, 1024])
    def test_name_and_buttons_stay_in_view(
        self, long_ones: list[Task], anna: User, sign_in: SignIn, width: int
    ) -> None:
        page = sign_in(anna)
        page.set_viewport_size({"width": width, "height": 844})
        in_front(page, long_ones[0])
        for where in (0, 1500, 100_000):
            page.evaluate("(y) => scrollTo(0, y)", where)
            for one in ("#task-name", PASSED, "#my-work .qc-failed"):
                expect(page.locator(one)).to_be_in_viewport(ratio=0.99)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_next_task_is_shown_from_its_head(
        self, long_ones: list[Task], anna: User, sign_in: SignIn
    ) -> None:
        page = sign_in(anna)
        in_front(page, long_ones[0])
        ready(page)
        page.evaluate("scrollTo(0, 100000)")
        page.get_by_label("Notes").click()
        press(page, "Passed")
        in_front(page, long_ones[1])
        expect(page.get_by_text("check check").first).to_be_in_viewport(ratio=0.05)
        expect(page.locator("#task-name")).to_be_focused()
        page.wait_for_function("() => scrollY < 100")
