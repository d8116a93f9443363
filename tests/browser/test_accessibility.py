"""Every page: axe finds no serious fault, a keyboard is enough, and it fits each window."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from qc.models import NOT_RESPONDING, Queue, Task, User
from qc.work import actions, bulk_changes, presence
from tests.browser.axe import faults, walk, window
from tests.browser.looks_of_pages import looks_wrong
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
Open = Callable[..., Page]


@pytest.fixture
def shift(
    anna: User,
    ben: User,
    carla: User,
    mona: User,
    invoices: Queue,
    labels: Queue,
    add_task: AddTask,
) -> list[Task]:
    """A shift in full swing: of everything that pages can show, something."""
    now = timezone.now()
    columns = {"instructions": "Look.", "link": "https://example.com", "details": {"Part": "A-12"}}
    tasks = [add_task(invoices, priority=n % 4 + 1, **columns) for n in range(6)]
    late = add_task(invoices, due_at=now - timedelta(days=1))
    for person in (anna, ben):
        actions.sign_in(person.pk)
    presence.sign_in(carla.pk)
    actions.start(Task.objects.get(assignee=anna).pk, by=anna)
    actions.complete(Task.objects.get(assignee=anna).pk, by=anna, outcome="failed", notes="torn")
    actions.take_break(ben.pk, by=ben, reason="Lunch")
    actions.hold(tasks[5].pk, by=mona, reason="call them")
    add_task(labels)
    actions.pause(labels.pk, by=mona, reason="scanner is broken")
    bulk_changes.begin("cancel", Task.objects.filter(pk=late.pk), by=mona, reason="stocktaking")
    return tasks


@pytest.mark.parametrize("role", ["anna", "mona", "otto"])
def test_every_linked_page_is_accessible_light_and_fits_the_window(
    shift: list[Task], role: str, request: pytest.FixtureRequest, open_window: Open
) -> None:
    page = open_window(request.getfixturevalue(role))
    names, found = [], []
    for name in walk(page):
        names.append(name)
        found += looks_wrong(page, name) + faults(page, name)
    assert found == [], "\n".join(found)
    assert "my_settings" in names


def test_my_work_is_accessible_in_each_state(
    shift: list[Task], anna: User, ben: User, carla: User, open_window: Open
) -> None:
    page = open_window(anna)
    page.goto("/admin/my-work/")
    page.get_by_role("button", name="Failed").click()
    found = faults(page, "a hint")
    page.get_by_role("button", name="Give back").click()
    found += faults(page, "giving back")
    page.reload()
    lost = "task: 1, reference: 'QD-0099', text: 'corner bent', message: ''"
    page.evaluate(f"qcKept.show({{{lost}}})")
    page.evaluate("document.querySelector('.qc-newer').hidden = false")
    found += faults(page, "notes that were not saved")
    page.get_by_text("Done today").click()
    page.get_by_role("button", name="Correct QD").first.click()
    found += faults(page, "a correction")
    page.reload()
    page.get_by_role("button", name="Take a break").click()
    found += faults(page, "taking a break")
    presence.take_break(anna.pk, by=None, reason=NOT_RESPONDING)
    found += _at(page, "/admin/my-work/", "not responding")
    actions.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    found += _at(page, "/admin/my-work/", "signed out")
    found += _at(open_window(ben), "/admin/my-work/", "on break")
    Queue.objects.update(is_paused=False, scan_to_start=True)
    actions.come_back(anna.pk, by=anna)
    found += _at(page, "/admin/my-work/", "a label to scan")
    found += _at(open_window(carla), "/admin/my-work/", "nothing to do")
    assert found == [], "\n".join(found)


def test_dialogs_are_accessible(
    shift: list[Task], anna: User, carla: User, mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto("/admin/floor/")
    found = []
    for button in ("Why?", "Put on break", "Pause"):
        page.locator("#floor").get_by_role("button", name=button).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += faults(page, f"the dialog {button}")
        page.keyboard.press("Escape")
    page.goto(f"/admin/qc/task/{Task.objects.waiting().latest('pk').pk}/change/")
    for button in ("Assign", "Hold"):
        page.get_by_role("link", name=button, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += faults(page, f"the dialog {button}")
        page.keyboard.press("Escape")
    page.goto("/admin/my-settings/")
    page.get_by_role("button", name="Find").click()
    page.locator("#search-input-command").press_sequentially("qd")
    expect(page.locator("#command-results-list")).to_be_visible()
    found += faults(page, "the palette")
    assert found == [], "\n".join(found)


def test_lists_and_imports_are_accessible(shift: list[Task], mona: User, open_window: Open) -> None:
    page = open_window(mona)
    page.goto("/admin/qc/task/")
    page.get_by_role("button", name="Filters").click()
    found = faults(page, "filters")
    page.goto("/admin/qc/task/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("hold_selected")
    found += faults(page, "an action on several")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".qc-chosen")).to_be_visible()
    found += faults(page, "a reason for several")
    for name, rows in {"new": "A,Check,Invoices", "faulty": "A,Check,Nowhere"}.items():
        page.goto("/admin/qc/task/import/")
        file = {"name": "tasks.csv", "mimeType": "text/csv"}
        text = f"reference,name,queue\n{rows}\n"
        page.locator("input[type=file]").set_input_files({**file, "buffer": text.encode()})
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("input[type=file]")).to_have_count(0)
        found += faults(page, f"a preview, {name}")
    found += _at(page, "/admin/qc/task/?q=nothing-is-called-so", "nothing found")
    assert found == [], "\n".join(found)


def test_pages_before_sign_in_are_accessible(
    open_window: Open, settings: Any, anna: User, otto: User
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    page = open_window()
    found = _at(page, "/admin/login/", "signing in")
    found += looks_wrong(page, "signing in")
    places = {"a wrong password": "Please enter", "locked out": "Too many failed attempts"}
    for place, words in places.items():
        page.goto("/admin/login/")
        page.get_by_label("Username").fill("anna")
        page.locator("input[name=password]").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text(words).first).to_be_visible()
        found += faults(page, place)
    found += _at(open_window(anna), "/admin/qc/task/", "not allowed")
    found += _at(open_window(otto), "/admin/nowhere/", "not found")
    assert found == [], "\n".join(found)


def _at(page: Page, address: str, place: str) -> list[str]:
    page.goto(address)
    return faults(page, place)


FOCUSED = """() => {
    const at = document.activeElement;
    const ring = at.matches(":focus-visible") && getComputedStyle(at).outlineStyle !== "none";
    return [at.tagName, at.dataset.tabbed ?? (at.dataset.tabbed = "yes", ""), ring];
}"""
REACHABLE = """() => ["a[href]", "button", "input", "textarea", "select", "[role=button]"]
    .flatMap((kind) => [...document.querySelectorAll(kind)])
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
    .filter((one) => !one.dataset.tabbed && one.type !== "hidden" && one.tabIndex >= 0)
    .map((one) => one.outerHTML.slice(0, 90))"""


def tab_through(page: Page) -> None:
    """Press Tab until the page is through; each stop shows that it is one."""
    for _ in range(150):
        page.keyboard.press("Tab")
        tag, tabbed, ring = page.evaluate(FOCUSED)
        if tag == "BODY" or tabbed:
            return
        assert ring or tag in ("INPUT", "TEXTAREA"), page.evaluate(
            "() => document.activeElement.outerHTML"
        )


@pytest.mark.parametrize("who", ["anna", "mona"])
def test_tab_reaches_everything(
    shift: list[Task], who: str, request: pytest.FixtureRequest, open_window: Open
) -> None:
    page = open_window(request.getfixturevalue(who))
    page.goto("/admin/")
    # Nothing is drawn anew while somebody goes through it.
    page.route("**/panel/**", lambda route: route.fulfill(status=204))
    page.wait_for_load_state("networkidle")
    tab_through(page)
    assert page.evaluate(REACHABLE) == []


def test_first_tab_stop_skips_to_the_content(
    shift: list[Task], mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto("/admin/floor/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#content :focus")).to_be_visible()


def test_account_menu_opens_by_keyboard(anna: User, open_window: Open) -> None:
    page = open_window(anna)
    page.goto("/admin/my-work/")
    page.get_by_role("button", name="anna").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="My settings")).to_be_visible()
    page.get_by_role("button", name="Dark").press(" ")
    expect(page.locator("html")).to_have_class("dark")


def test_dialog_keeps_the_focus_and_returns_it(
    shift: list[Task], mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(f"/admin/qc/task/{Task.objects.waiting().latest('pk').pk}/change/")
    hold = page.get_by_role("link", name="Hold", exact=True)
    hold.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("() => !document.activeElement.closest('#page')")
    page.keyboard.press("Escape")
    expect(hold).to_be_focused()


def test_first_field_with_a_mistake_is_focused(mona: User, open_window: Open) -> None:
    page = open_window(mona)
    page.goto("/admin/qc/task/add/")
    page.get_by_label("Reference").fill("A-1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[name=name]")).to_be_focused()


def test_time_zone_of_the_browser_is_offered(
    anna: User, browser: Browser, live_server: Any
) -> None:
    page = window(browser, str(live_server), anna, timezone_id="Asia/Tokyo")
    page.goto("/admin/my-settings/")
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Times are shown in Asia/Tokyo")).to_be_visible()
    expect(page.get_by_role("button", name="Use it")).to_be_hidden()
    page.context.close()
