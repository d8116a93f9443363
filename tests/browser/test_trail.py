"""The audit trail in a browser: by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest

from qc.models import Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


def test_trail_is_opened_and_filtered_by_keyboard(
    sign_in: Any,
    otto: User,
    mona: User,
    invoices: Queue,
    add_task: Callable[..., Task],
) -> None:
    task = add_task(invoices, reference="INV-2231")
    actions.hold(task.pk, by=mona, reason="call them")
    page = sign_in(otto)
    assert page.url.endswith("/admin/trail/")
    page.get_by_label("Task").fill("inv-2231")
    page.keyboard.press("Enter")
    row = page.locator(".qc-trail li", has_text="put INV-2231 on hold: call them")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_role("row", name="Status waiting on hold").wait_for()
    assert page.locator(".qc-trail > li").count() == task.history.count()
    page.get_by_role("link", name="Remove filter: Task: inv-2231").click()
    page.locator(".qc-trail li", has_text="added the queue Invoices").wait_for()


def test_arrow_keys_lead_to_earlier_and_later_moments(
    sign_in: Any, otto: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(invoices).history.update(history_date="2026-03-01T10:00Z")
    page = sign_in(otto)
    page.goto("/admin/floor-history/?at=2026-03-03T14:05:00Z")
    for key, moment in (
        ("ArrowLeft", "03T13"),
        ("Shift+ArrowRight", "04T13"),
        ("ArrowRight", "04T14"),
    ):
        page.keyboard.press(key)
        page.wait_for_url(f"**/admin/floor-history/?at=2026-03-{moment}:05:00Z")
    page.get_by_role("textbox", name="Time").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("textbox", name="Time").fill("2026-03-05T08:30")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/floor-history/?at=2026-03-05T08:30:00Z")
