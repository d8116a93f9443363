"""Pages whose server does not answer, refuses, or has somebody else's session by now."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect

from qc.models import Queue, Role, Task, User
from qc.work import actions
from tests.admin.conftest import change
from tests.browser.axe import faults, window
from tests.chromium import enter
from tests.conftest import group, person
from tests.databases import on_sqlite
from tests.system.site import Site
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
SignIn = Callable[[User], Page]
Open = Callable[[User], Page]


@pytest.fixture
def task(invoices: Queue, add_task: AddTask) -> Task:
    """The only task, which waits."""
    return add_task(invoices, reference="INV-1")


def banner(page: Page) -> Any:
    return page.locator("#qc-connection")


def notes(page: Page) -> Any:
    return page.locator(".qc-notes")


def draft_of(task: Task) -> str:
    return Task.objects.get(pk=task.pk).draft


def press(page: Page, name: str) -> None:
    """Press an outcome, as soon as the buttons of a new task wait no more."""
    page.locator("#my-work:not([data-quiet])").get_by_role("button", name=name).click()


def typing(page: Page, text: str) -> None:
    """Type notes, and wait until the server has them."""
    with page.expect_response(lambda answer: "/draft/" in answer.url):
        notes(page).press_sequentially(text)


def test_page_is_shown_though_the_line_broke_off_in_its_scripts(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    page.route("**/alpine/alpine.js*", lambda route: route.abort())
    page.reload()
    expect(notes(page)).to_be_visible()


def test_offline_minute_loses_no_word_and_sends_no_outcome(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    typing(page, "corner")
    page.context.set_offline(True)
    expect(banner(page)).to_contain_text("Not connected: your notes are kept on this device.")
    expect(banner(page)).to_contain_text("Last saved")
    notes(page).press_sequentially(" bent")
    page.get_by_role("button", name="Passed").click(force=True)
    expect(banner(page)).to_contain_text(
        "“Passed” was not sent. Press it again once there is a connection."
    )
    banner(page).get_by_role("button", name="Close").click()
    notes(page).press("Control+Enter")
    expect(banner(page)).to_contain_text("“Passed” was not sent.")
    assert draft_of(task) == "corner"
    page.context.set_offline(False)
    expect(banner(page)).to_contain_text("Connected again.")
    until(lambda: draft_of(task) == "corner bent")
    assert Task.objects.get().outcome == ""
    press(page, "Passed")
    until(lambda: Task.objects.get().outcome == "passed")
    assert Task.objects.get().notes == "corner bent"
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('notes'))") == []


def test_banner_is_accessible(task: Task, anna: User, open_window: Open) -> None:
    page = open_window(anna)
    page.goto("/admin/my-work/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Passed").click(force=True)
    expect(banner(page)).to_contain_text("was not sent")
    assert faults(page, "not connected") == []


def test_notes_kept_on_a_shared_device_are_shown_to_nobody_else(
    task: Task, anna: User, ben: User, invoices: Queue, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    page.route("**/draft/", lambda route: route.abort())
    notes(page).fill("for Anna's eyes")
    page.wait_for_function("Object.keys(localStorage).some((key) => key.includes('notes'))")
    page.context.clear_cookies()
    actions.sign_out(anna.pk, by=anna, reason="signed out")
    page.goto("/admin/login/")
    page.unroute("**/draft/")
    enter(page, "ben")
    expect(notes(page)).to_have_value("")
    assert "Anna's eyes" not in page.content()
    assert draft_of(task) == ""


def test_notes_typed_when_the_page_was_closed_are_sent_when_it_is_opened_again(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    page.route("**/draft/", lambda route: route.abort())
    notes(page).fill("corner bent")
    expect(banner(page)).to_be_visible()
    page.unroute("**/draft/")
    page.reload()
    expect(notes(page)).to_have_value("corner bent")
    until(lambda: draft_of(task) == "corner bent")


def test_notes_of_a_task_that_has_gone_meanwhile_are_offered(
    task: Task, anna: User, mona: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    page.context.set_offline(True)
    notes(page).fill("corner bent")
    actions.hold(task.pk, by=mona, reason="call them")
    page.context.set_offline(False)
    expect(page.locator(".qc-kept [name=notes]")).to_have_value("corner bent")
    page.reload()
    expect(page.locator(".qc-kept [name=notes]")).to_have_value("corner bent")


def test_restart_of_the_server_is_said_at_once_and_nothing_is_lost(
    anna: User, task: Task, browser: Browser, tmp_path: Path
) -> None:
    site = Site(tmp_path, variables={"SECRET_KEY": settings.SECRET_KEY})
    try:
        site.start_web()
        actions.sign_in(anna.pk)
        page = window(browser, site.url, anna)
        page.goto("/admin/my-work/")
        typing(page, "corner")
        site.kill("web")
        expect(banner(page)).to_contain_text("Not connected: your notes are kept on this device.")
        notes(page).press_sequentially(" bent")
        page.get_by_role("button", name="Passed").click(force=True)
        expect(banner(page)).to_contain_text("“Passed” was not sent")
        site.start_web()
        expect(banner(page)).to_contain_text("Connected again.", timeout=15_000)
        until(lambda: draft_of(task) == "corner bent", within=30)
        page.context.close()
    finally:
        site.stop()


def test_plain_form_stays_while_the_server_does_not_answer(
    task: Task, mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    page.locator("#id_edit_reason").fill("It was wrong.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(banner(page)).to_contain_text("“Save” was not sent")
    expect(page.locator("#id_name")).to_have_value("Check seal")
    page.context.set_offline(False)
    expect(banner(page)).to_contain_text("Connected again.")
    page.get_by_role("button", name="Save", exact=True).click()
    until(lambda: Task.objects.get().name == "Check seal")


def test_server_error_is_said(task: Task, anna: User, open_window: Open) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    page.goto("/admin/my-work/")
    headers = {"X-Request-ID": "1"}
    page.route("**/complete/", lambda route: route.fulfill(status=503, headers=headers))
    press(page, "Passed")
    expect(banner(page)).to_contain_text("“Passed” did not work. Please press it again.")
    page.unroute("**/complete/")
    press(page, "Passed")
    until(lambda: Task.objects.get().outcome == "passed")
    expect(banner(page)).to_be_hidden()


@pytest.mark.parametrize("place", ["my_work", "floor"])
def test_page_whose_right_is_gone_says_so_and_asks_no_more(
    place: str, mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(reverse(f"admin:{place}"))
    asked: list[str] = []
    # From the role: roles taken from a person end their sessions.
    group(Role.MANAGERS).permissions.clear()
    User.objects.filter(pk=mona.pk).update(last_seen_at=None)
    expect(banner(page)).to_contain_text("You no longer have the right to see this page.")
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4000)
    assert asked == []
    mona.refresh_from_db()
    assert mona.last_seen_at is None


def test_only_what_a_person_does_keeps_them_there(
    task: Task, anna: User, open_window: Open
) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    page.goto("/admin/my-work/")
    said: list[str] = []
    page.on("request", lambda request: said.append(request.headers.get("qc-active", "")))
    until(lambda: page.wait_for_timeout(100) or said.count("no") > 1)
    assert "yes" not in said
    page.mouse.move(200, 200)
    page.mouse.move(220, 220)
    until(lambda: page.wait_for_timeout(100) or said[-1] == "yes")
    until(lambda: page.wait_for_timeout(100) or said[-1] == "no")


KEPT_HERE = "Notes that are not saved yet are kept on this device."


def test_session_that_ends_while_typing_takes_no_word_along(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    notes(page).press_sequentially("corner of page five is bent and pale", delay=100)
    expect(banner(page)).to_have_text(
        re.compile(r"You are signed out\. Your notes are kept on this device\.\s+.*Sign in", re.S)
    )
    expect(notes(page)).to_have_value("corner of page five is bent and pale")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4000)
    assert asked == []
    banner(page).get_by_role("link", name="Sign in").click()
    expect(page.get_by_text(KEPT_HERE)).to_be_visible()
    enter(page, "anna")
    expect(notes(page)).to_have_value("corner of page five is bent and pale")
    until(lambda: draft_of(task) == "corner of page five is bent and pale")


def test_sign_in_page_speaks_of_notes_only_if_some_are_kept(
    task: Task, anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    line = page.get_by_text(KEPT_HERE)
    page.context.clear_cookies(name="sessionid")
    page.wait_for_url("**/login/**")
    expect(line).to_be_hidden()
    page.evaluate("""localStorage.setItem("qc-notes/1/1", JSON.stringify({ text: "bent" }))""")
    page.reload()
    expect(line).to_be_visible()
    assert "bent" not in page.content()


def cookies(page: Page) -> dict[str, str]:
    return {str(one["name"]): str(one["value"]) for one in page.context.cookies()}


def sign_in_again(page: Page, name: str) -> Page:
    """Sign in in another tab of the same browser, whose session has ended."""
    page.context.clear_cookies(name="sessionid")
    other = page.context.new_page()
    other.goto("/admin/login/")
    enter(other, name)
    return other


def asks_nothing(page: Page) -> None:
    """Let the page learn nothing from the server before it is used."""
    page.route("**/panel/**", lambda route: route.fulfill(status=204))


def test_stale_token_is_renewed_in_place(task: Task, anna: User, open_window: Open) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    asks_nothing(page)
    page.goto("/admin/my-work/")
    before = cookies(page)["csrftoken"]
    sign_in_again(page, "anna").close()
    assert cookies(page)["csrftoken"] != before
    press(page, "Passed")
    until(lambda: Task.objects.get().outcome == "passed")


def test_stale_token_of_a_plain_form_is_renewed_too(
    task: Task, mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    page.locator("#id_edit_reason").fill("It was wrong.")
    sign_in_again(page, "mona").close()
    page.get_by_role("button", name="Save", exact=True).click()
    until(lambda: Task.objects.get().name == "Check seal")


def test_token_that_is_gone_is_fetched_and_the_request_repeated(
    task: Task, anna: User, open_window: Open
) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    asks_nothing(page)
    page.goto("/admin/my-work/")
    page.context.clear_cookies(name="csrftoken")
    press(page, "Passed")
    until(lambda: Task.objects.get().outcome == "passed")


def test_page_of_another_person_does_not_act_for_who_is_signed_in_now(
    anna: User, ben: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    tasks = [add_task(invoices), add_task(invoices)]
    page = sign_in(anna)
    expect(notes(page)).to_be_visible()
    other = page.context.new_page()
    page.context.clear_cookies(name="qc_terminal")
    other.close()
    sign_in_again(page, "ben").close()
    words = "You are signed in as ben here now; this page was opened by anna."
    expect(banner(page)).to_contain_text(words)
    page.get_by_role("button", name="Passed").click(force=True)
    page.locator("#presence").get_by_role("button", name="Take a break").click()
    page.get_by_role("button", name="Coffee").click()
    expect(page.get_by_role("main").get_by_text(words)).to_be_visible()
    ben.refresh_from_db()
    assert ben.break_reason == ""
    assert {one.outcome for one in Task.objects.filter(pk__in=[one.pk for one in tasks])} == {""}


def test_name_of_any_letters_fits_into_a_request(invoices: Queue, open_window: Open) -> None:
    lukasz = person("łukasz", Role.QC_STAFF)
    page = open_window(lukasz)
    page.goto("/admin/my-work/")
    with page.expect_response(lambda answer: "/panel/" in answer.url) as asked:
        pass
    assert asked.value.ok
    assert asked.value.request.headers["qc-drawn-for"] == f"{lukasz.pk}/%C5%82ukasz"


def lose_answers(page: Page) -> None:
    """Let drafts reach the server, and their answers get lost."""

    def pass_on(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/draft/", pass_on)


class TestLostAnswer:
    """Notes that were saved by a request whose answer never came are nobody else's newer notes."""

    @pytest.fixture
    def page(self, task: Task, anna: User, sign_in: SignIn) -> Page:
        page = sign_in(anna)
        lose_answers(page)
        with page.expect_event("requestfailed", lambda request: "/draft/" in request.url):
            notes(page).fill("corner")
        assert draft_of(task) == "corner"
        expect(banner(page)).to_be_visible()
        return page

    def test_typing_goes_on(self, task: Task, page: Page) -> None:
        page.unroute("**/draft/")
        notes(page).press_sequentially(" bent")
        until(lambda: draft_of(task) == "corner bent")
        expect(page.locator(".qc-newer")).to_be_hidden()

    def test_page_opened_again_goes_on(self, task: Task, page: Page) -> None:
        notes(page).press_sequentially(" bent")
        page.unroute("**/draft/")
        page.reload()
        until(lambda: draft_of(task) == "corner bent")
        expect(page.locator(".qc-newer")).to_be_hidden()

    def test_task_is_completed(self, task: Task, page: Page) -> None:
        notes(page).press_sequentially(" bent")
        page.unroute("**/draft/")
        expect(banner(page)).to_contain_text("Connected again.")
        press(page, "Passed")
        until(lambda: Task.objects.get().outcome == "passed")
        assert Task.objects.get().notes == "corner bent"
