"""A terminal that several people share."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from qc.models import Queue, Task, User
from qc.work import actions
from tests.browser.axe import faults
from tests.chromium import enter
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

Open = Callable[..., Page]


@pytest.fixture
def task(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """The only task, which waits."""
    return add_task(invoices, reference="INV-1")


def locked_by_anna(open_window: Open) -> tuple[Page, Page]:
    """Return Anna's page, and a sign-in page that was open in the same browser before."""
    door = open_window()
    door.goto("/admin/login/")
    page = door.context.new_page()
    page.goto("/admin/login/")
    enter(page, "anna")
    expect(page.locator("#task-name")).to_be_visible()
    return page, door


def test_signing_in_over_somebody_asks_and_goes_back(
    task: Task, anna: User, ben: User, open_window: Open
) -> None:
    _page, door = locked_by_anna(open_window)
    enter(door, "ben")
    expect(door.get_by_text("anna is still signed in here with INV-1.")).to_be_visible()
    assert faults(door, "somebody is still signed in") == []
    door.get_by_role("button", name="Go back").click()
    expect(door.locator("#presence")).to_contain_text("anna")
    assert Task.objects.get().assignee == anna


def test_signing_in_over_somebody_signs_them_out_when_told_to(
    task: Task, anna: User, ben: User, open_window: Open
) -> None:
    page, door = locked_by_anna(open_window)
    enter(door, "ben")
    door.get_by_role("button", name="Sign anna out and ben in").click()
    expect(door.locator("#presence")).to_contain_text("ben")
    expect(door.locator("#task-name")).to_be_visible()
    assert Task.objects.get().assignee == ben
    words = "You are signed in as ben here now; this page was opened by anna."
    expect(page.locator("#qc-connection")).to_contain_text(words)


def test_terminal_remembers_who_left_without_signing_out(
    task: Task, anna: User, ben: User, open_window: Open
) -> None:
    page, door = locked_by_anna(open_window)
    page.close()
    door.context.clear_cookies(name="sessionid")
    enter(door, "ben")
    expect(door.get_by_text("anna is still signed in here with INV-1.")).to_be_visible()
    door.get_by_role("button", name="Sign anna out and ben in").click()
    expect(door.locator("#presence")).to_contain_text("ben")
    until(lambda: Task.objects.get().assignee == ben)


def test_signing_out_with_a_started_task_asks_first(
    task: Task, anna: User, open_window: Open
) -> None:
    actions.sign_in(anna.pk)
    actions.start(task.pk, by=anna)  # on another device
    page = open_window(anna)
    page.goto("/admin/my-settings/")
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    words = "INV-1 is started, here or on another device."
    expect(page.get_by_text(words)).to_be_visible()
    assert faults(page, "signing out with a started task") == []
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("#presence")).to_contain_text("anna")
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    page.get_by_role("button", name="Sign out and return the task").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert Task.objects.get().assignee is None
