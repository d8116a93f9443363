"""The audit trail in a browser: by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest

from qc import desk
from qc.models import Queue, Task, User

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_row_is_opened_and_the_list_filtered_by_keyboard(
    sign_in: Any,
    otto: User,
    mona: User,
    invoices: Queue,
    add_task: Callable[..., Task],
) -> None:
    task = add_task(invoices, reference="INV-2231")
    desk.hold(task.pk, by=mona, reason="call them")
    page = sign_in(otto)
    assert page.url.endswith("/admin/trail/")
    page.get_by_label("Task").fill("inv-2231")
    page.keyboard.press("Enter")
    row = page.locator(".qc-trail li", has_text="put INV-2231 on hold: call them")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_role("row", name="Status pending on hold").wait_for()
    assert page.locator(".qc-trail > li").count() == task.history.count()
    page.get_by_role("link", name="Take off: Task: inv-2231").click()
    page.locator(".qc-trail li", has_text="added the queue Invoices").wait_for()
