"""A task's details, its verification and its past in a browser, without faults for anybody."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc.admin.point_in_time.urls import both
from qc.models import Queue, Task, User
from tests.admin.conftest import change
from tests.browser.axe import faults
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

Open = Callable[..., Page]


def test_details_are_added_and_the_past_is_compared_without_faults(
    add_task: Callable[..., Task], invoices: Queue, mona: User, open_window: Open
) -> None:
    task = add_task(invoices, details={"Part": "A-12"})
    page = open_window(mona)
    page.goto(change(task))
    page.get_by_role("button", name="Add a detail").click()
    page.keyboard.type("Colour")
    page.keyboard.press("Tab")
    page.keyboard.type("blue")
    page.get_by_label("Remove “Part”").check()
    page.get_by_label("Why you change it").fill("Read from the label.")
    assert faults(page, "the details of a task") == []
    page.get_by_role("button", name="Save", exact=True).click()
    until(lambda: Task.objects.get().details == {"Colour": "blue"})
    page.goto("/admin/trail/verification/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("Asked for by mona")).to_be_visible()
    assert faults(page, "a verification") == []
    begun = task.history.earliest("pk").history_date
    page.goto(f"/admin/floor-history/task/{task.pk}/{both(begun, timezone.now())}")
    expect(page.get_by_role("row", name="Details Part: A-12 Colour: blue")).to_be_visible()
    assert faults(page, "two moments of a task") == []
