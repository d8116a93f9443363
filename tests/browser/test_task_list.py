"""The task list in a browser: cards on a small screen, and a view that somebody saves."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from qc.models import Queue, SavedView
from tests.browser.axe import faults
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

WIDTH = "document.documentElement.scrollWidth"
ROW = "document.querySelector('tr.data-row').getBoundingClientRect().height"


def test_list_is_cards_of_two_lines_on_a_phone_and_a_view_is_saved(
    desk: Page, invoices: Queue, add_task: Callable[..., Any]
) -> None:
    for n in range(3):
        add_task(invoices, reference="L" * 60 + str(n), name="Check the flange " * 10)
    for width in (1024, 768, 390):
        desk.set_viewport_size({"width": width, "height": 844})
        desk.goto("/admin/qc/task/?late=no")
        assert desk.evaluate(WIDTH) <= width
    assert desk.evaluate(ROW) < 90
    desk.get_by_text("Save this view").click()
    desk.get_by_label("Name").fill("In time")
    found = faults(desk, "task list with the form of a view")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_role("link", name="In time")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().params == {"late": "no"}
    assert found == []
