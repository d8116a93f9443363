"""An invite is made, handed over and used, in two browsers, by the keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from qc.models import User
from tests.browser.axe import faults
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

STRONG = "a long and new one"


def test_manager_hands_over_a_link_and_its_person_chooses_a_password(
    anna: User, mona: User, open_window: Callable[..., Page]
) -> None:
    desk, terminal = open_window(mona), open_window()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto(f"/admin/qc/user/{anna.pk}/password/")
    found = faults(desk, "question")
    desk.get_by_role("button", name="Make a link").press("Enter")
    desk.get_by_role("button", name="Copy").press("Enter")
    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    found += faults(desk, "link")
    link = desk.get_by_label("Link").input_value()
    assert desk.evaluate("navigator.clipboard.readText()") == link
    terminal.goto(link)
    # The address that the browser keeps opens nothing.
    assert link not in terminal.url
    found += faults(terminal, "choose")
    terminal.locator("[name=new_password1]").fill(STRONG)
    terminal.locator("[name=new_password2]").fill(STRONG)
    terminal.locator("[name=new_password2]").press("Enter")
    expect(terminal.get_by_text("Your password is saved.")).to_be_visible()
    terminal.get_by_label("Username").fill("anna")
    terminal.get_by_label("Password").fill(STRONG)
    terminal.get_by_role("button", name="Sign in").press("Enter")
    terminal.wait_for_url("**/admin/my-work/")
    terminal.goto(link)
    expect(terminal.get_by_text("This link is not valid")).to_be_visible()
    found += faults(terminal, "used")
    assert found == [], "\n".join(found)
