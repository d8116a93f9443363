"""A checker comments under their task, while notes and half a comment are being written."""

import pytest
from playwright.sync_api import expect

from qc.models import Queue, Task, User
from qc.work import comments
from tests.browser.my_work import AddTask, SignIn, in_front
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


def test_what_is_sent_leaves_its_field_and_what_is_being_written_stays(
    anna: User, mona: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    task: Task = add_task(invoices)
    page = sign_in(anna)
    in_front(page, task)
    page.get_by_label("Notes").fill("torn at page 5")
    page.get_by_text("Comments").click()
    field = page.get_by_label("Your comment")
    field.fill("@mona Which drawing?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".qc-comment-text")).to_have_text("@mona Which drawing?")
    expect(field).to_have_value("")
    field.fill("I have found")
    comments.add(task.pk, "@anna The new one.", by=mona)
    expect(page.get_by_text("@anna The new one.")).to_be_visible()
    expect(page.get_by_role("link", name="1 comment mentions you")).to_be_visible()
    expect(field).to_have_value("I have found")
    expect(page.get_by_label("Notes")).to_have_value("torn at page 5")
