"""The table of people and queues in a browser: what is ticked is sent, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from qc.models import Queue, User
from tests.browser.axe import faults
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


def test_boxes_are_found_by_name_ticked_by_keyboard_and_saved(
    open_window: Callable[..., Page],
    mona: User,
    anna: User,
    ben: User,
    invoices: Queue,
    labels: Queue,
) -> None:
    page = open_window(mona)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/who-works-where/")
    page.get_by_label("Name").fill("BEN")
    expect(page.get_by_role("row", name="anna")).to_be_hidden()
    page.get_by_role("checkbox", name="ben Invoices").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text("2 boxes are changed and not saved yet.")).to_be_visible()
    page.get_by_role("checkbox", name="ben Labels").press("Space")
    expect(page.get_by_text("1 box is changed and not saved yet.")).to_be_visible()
    found = faults(page, "who works where")
    assert not overflows(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 box was changed.")).to_be_visible()
    assert {*invoices.people.all()} == {anna}
    assert not labels.people.exists()
    assert found == []


def overflows(page: Page) -> Any:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
