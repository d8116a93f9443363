"""A manager writes a check plan in a browser: drags, adds, and sees only what an item needs."""

import pytest
from playwright.sync_api import Locator, Page, expect

from qc.checks import plans
from qc.models import Queue, User
from tests.browser.axe import faults
from tests.databases import on_sqlite
from tests.plans import write_plan
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


@pytest.fixture
def editor(desk: Page, invoices: Queue, mona: User) -> Page:
    """The page of a plan of three items."""
    items = [{"question": one} for one in ("First", "Second", "Third")]
    plan = write_plan(invoices, *items)
    plans.publish(plan, mona)
    desk.goto(f"/admin/qc/checkplan/{plan.pk}/change/")
    return desk


def item(page: Page, at: int) -> Locator:
    return page.locator("#items-group .form-group:not(.empty-form)").nth(at)


def field(page: Page, at: int, name: str) -> Locator:
    return page.locator(f"[name=items-{at}-{name}]")


def questions(queue: Queue) -> list[str]:
    queue.refresh_from_db()
    return [one["question"] for one in queue.plan.content["items"]]


def test_item_shows_the_fields_that_its_kind_of_answer_needs(editor: Page) -> None:
    item(editor, 0).locator("h3 strong").click()
    expect(field(editor, 0, "is_critical")).to_be_visible()
    for name in ("lower", "unit", "options"):
        expect(field(editor, 0, name)).to_be_hidden()
    field(editor, 0, "kind").select_option("number")
    expect(field(editor, 0, "lower")).to_be_visible()
    expect(field(editor, 0, "options")).to_be_hidden()
    field(editor, 0, "upper").fill("10")
    field(editor, 0, "kind").select_option("choice")
    expect(field(editor, 0, "options")).to_be_visible()
    # What is filled in stays in sight, as it must be emptied.
    expect(field(editor, 0, "upper")).to_be_visible()
    expect(field(editor, 0, "lower")).to_be_hidden()


def test_new_item_is_open_and_is_published_with_the_others(editor: Page, invoices: Queue) -> None:
    editor.get_by_text("Add another Item").click()
    expect(field(editor, 3, "question")).to_be_focused()
    editor.keyboard.type("Is it dry?")
    field(editor, 3, "only_if").fill("second")
    field(editor, 3, "only_if_answers").fill("Not OK")
    found = faults(editor, "check plan")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Version 2 is in use from now on.")).to_be_visible()
    assert questions(invoices) == ["First", "Second", "Third", "Is it dry?"]
    assert found == []


def test_dragged_item_stands_where_it_was_dropped(editor: Page, invoices: Queue) -> None:
    handles = editor.locator("#items-group [x-sort\\:handle]")
    handles.nth(2).hover()
    editor.mouse.down()
    box = item(editor, 0).bounding_box()
    assert box
    third = item(editor, 0).locator("[name=items-2-position]")

    def is_first() -> bool:
        # Rows slide aside, and one that is just below the pointer may change places again.
        for down in (30, 10, 5):
            editor.mouse.move(box["x"] + 30, box["y"] + down, steps=5)
        return third.count() == 1

    until(is_first)
    editor.mouse.up()
    until(lambda: field(editor, 2, "position").input_value() == "0")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Version 2 is in use from now on.")).to_be_visible()
    assert questions(invoices) == ["Third", "First", "Second"]


def test_item_is_moved_by_keys(editor: Page, invoices: Queue) -> None:
    title = editor.get_by_role("button", name="First", exact=True)
    title.focus()
    for _ in range(3):
        editor.keyboard.press("Alt+ArrowDown")
    expect(title).to_be_focused()
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Version 2 is in use from now on.")).to_be_visible()
    assert questions(invoices) == ["Second", "Third", "First"]


def test_preview_and_versions_fit_a_phone(editor: Page, invoices: Queue) -> None:
    editor.set_viewport_size({"width": 390, "height": 800})
    found = []
    for name in ("preview", "versions"):
        editor.goto(f"/admin/check-plans/{invoices.check_plan.pk}/{name}/")
        expect(editor.get_by_text("Third", exact=True).last).to_be_visible()
        width = editor.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, name
        found += faults(editor, name)
    assert found == []


def test_preview_asks_as_my_work_does(desk: Page, invoices: Queue, mona: User) -> None:
    why = {"question": "Why?", "kind": "text", "only_if": "dry", "only_if_answers": "not_ok"}
    plan = write_plan(invoices, {"question": "Dry?", "key": "dry", "is_critical": True}, why)
    desk.goto(f"/admin/check-plans/{plan.pk}/preview/")
    expect(desk.get_by_text("Why?", exact=True)).to_be_hidden()
    desk.get_by_label("Not OK").check(force=True)
    expect(desk.get_by_text("Why?", exact=True)).to_be_visible()
    expect(desk.get_by_text("Follows: failed")).to_be_visible()
