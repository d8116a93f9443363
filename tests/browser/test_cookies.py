"""Cookies as in production, whose names browsers check."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from config.browser_rules import cookie_name
from qc.models import Queue, Task, User
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


def test_page_sends_the_newest_token_by_its_name_in_production(
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    settings: Any,
    sign_in: Callable[[User], Page],
) -> None:
    for cookie in ("SESSION", "CSRF"):
        name = getattr(settings, f"{cookie}_COOKIE_NAME")
        setattr(settings, f"{cookie}_COOKIE_NAME", cookie_name(name, https=True))
        setattr(settings, f"{cookie}_COOKIE_SECURE", True)
    add_task(invoices)
    page = sign_in(anna)
    # From before the update, and of no use.
    stale = {"name": "csrftoken", "value": "x" * 32, "domain": "localhost", "path": "/"}
    page.context.add_cookies([stale])
    page.goto("/admin/my-work/")
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert {"__Host-sessionid", "__Host-csrftoken"} <= names
    # Only what the script reads from the cookie is right.
    page.evaluate("""() => document.querySelectorAll("[name=csrfmiddlewaretoken]")
        .forEach((field) => field.remove())""")
    page.get_by_role("button", name="Passed").click()
    until(lambda: Task.objects.get().outcome == "passed")
