"""No page that links lead to goes against its policy, nor against one that a proxy adds.

Every test in the browser fails at such a page; those of accessibility go to all that QC staff,
managers and auditors find. Here it is a superuser.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route

from qc.core.deployment_checks import PAGES_NEED
from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.browser.axe import walk, window
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

# A policy of a proxy for everything behind it, with what `check --deploy` says pages need.
PROXYS = f"default-src 'self'; {PAGES_NEED}"


@pytest.fixture
def root(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> User:
    """A superuser, for whom there is something on each page."""
    add_task(invoices)
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    Client().post(reverse("admin:login"), {"username": "anna", "password": "wrong"})
    return User.objects.create_superuser("root", password="demo")


def behind(route: Route) -> None:
    """Answer as the site does, pages with one more policy."""
    if route.request.resource_type != "document":
        return route.continue_()
    answer: Any = route.fetch(max_redirects=0)
    policies = f"{answer.headers['content-security-policy']}, {PROXYS}"
    return route.fulfill(
        response=answer, headers={**answer.headers, "content-security-policy": policies}
    )


def test_superuser_s_pages_keep_to_ours_and_to_that_of_a_proxy(
    root: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(root)
    page.route("**/admin/**", behind)
    assert {"status", "axes_accessattempt_changelist", "qc_user_change"} <= set(walk(page))


def test_policy_of_a_proxy_that_forbids_more_is_noticed(
    root: User, browser: Browser, live_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the test above would see nothing, whatever the pages did."""
    monkeypatch.setattr("tests.browser.test_policy.PROXYS", "default-src 'self'")
    page = window(browser, str(live_server), root)
    page.route("**/admin/**", behind)
    with page.expect_console_message(lambda one: "Content Security Policy" in one.text):
        page.goto("/admin/status/")
    page.context.close()
