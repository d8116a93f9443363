"""Single sign-on in a browser, by a real provider: there, back, cancelled, in both languages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from qc.models import Role, User
from tests.browser.axe import faults, window
from tests.browser.conftest import watch
from tests.conftest import group
from tests.databases import on_sqlite
from tests.oidc import RunningProvider, running_provider

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
EVA = {"preferred_username": "eva", "given_name": "Eva", "family_name": "Ek"}


@pytest.fixture
def provider(settings: Any) -> Iterator[RunningProvider]:
    with running_provider() as provider:
        settings.QC_OIDC = provider.settings()
        yield provider


def authorize(page: Page, subject: str) -> None:
    """Press our button, and be somebody on the provider's page."""
    page.get_by_role("button", name="Northgate").click()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_sign_in_by_the_provider_gives_the_role_of_today(
    provider: RunningProvider, open_window: Callable[..., Page]
) -> None:
    for role in Role:
        group(role)
    provider.knows("e-1", **EVA, groups=["checkers"])
    page = open_window()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/login/")
    found = faults(page, "signing in")
    assert not page.evaluate(WIDE)
    page.get_by_role("button", name="Sign in with Northgate").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The sign-in with Northgate was cancelled.")).to_be_visible()
    found += faults(page, "cancelled")
    assert not page.evaluate(WIDE)
    page.get_by_role("link", name="Back to sign-in").click()
    authorize(page, "e-1")
    page.wait_for_url("**/admin/my-work/")
    assert User.objects.get().get_full_name() == "Eva Ek"
    # The next day she leads.
    provider.knows("e-1", **EVA, groups=["leads"])
    page.context.clear_cookies()
    page.goto("/admin/")
    authorize(page, "e-1")
    page.wait_for_url("**/admin/floor/")
    assert found == [], "\n".join(found)


def test_without_passwords_the_page_has_one_button_also_in_german(
    provider: RunningProvider, settings: Any, browser: Browser, live_server: object
) -> None:
    settings.QC_PASSWORD_FORM = False
    errors: list[str] = []
    page = window(browser, str(live_server), locale="de")
    watch(page, errors)
    page.goto("/admin/login/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_label("Passwort")).to_have_count(0)
    found = faults(page, "signing in without passwords")
    authorize(page, "nobody-we-know")
    expect(page.get_by_role("heading")).to_be_visible()
    assert page.url.startswith(f"{live_server}/admin/sso/callback/")
    found += faults(page, "refused")
    page.context.close()
    assert (found, errors) == ([], []), "\n".join([*found, *errors])
