"""Second factors in a browser: a security key, an app, and the proof that is asked for later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from qc.models import AuditEvent, Role, SignIn, User
from qc.web.proofs import PROVEN_AT
from tests import factors
from tests.admin.conftest import change
from tests.browser.axe import faults
from tests.conftest import group
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

Open = Callable[..., Page]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def plug_in_key(page: Page) -> None:
    """Give the browser a security key that answers by itself."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True}
    answers = {"hasUserVerification": True, "isUserVerified": True}
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": key | answers})


def enter(page: Page, name: str) -> None:
    page.goto("/admin/login/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def grow_old(person: User) -> None:
    """Let the last proof of the only session of a person be older than it may be."""
    session = SessionStore(SignIn.objects.filter(person=person).valid().get().session_key)
    session[PROVEN_AT] -= timedelta(minutes=6).total_seconds()
    session.save()


def test_security_key_is_set_up_on_demand_and_signs_in(
    anna: User, open_window: Open, settings: Any
) -> None:
    settings.QC_SECOND_FACTOR = "all"
    page = open_window()
    plug_in_key(page)
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, "anna")
    expect(page.get_by_text("Set one up to go on.")).to_be_visible()
    found = faults(page, "on demand")
    page.get_by_role("link", name="Add a security key").press("Enter")
    page.get_by_label("Name").fill("Blue key")
    found += faults(page, "adding a key")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("They are shown only now")).to_be_visible()
    found += faults(page, "recovery codes")
    assert not page.evaluate(WIDE)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a file").click()
    assert saved.value.path().read_text().split() == factors.recovery_codes(anna)
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/my-work/")
    page.context.clear_cookies()
    enter(page, "anna")
    found += faults(page, "signing in")
    page.get_by_role("button", name="Use a security key").press("Enter")
    page.wait_for_url("**/my-work/")
    begun = AuditEvent.objects.filter(kind="session begun").latest("pk")
    assert begun.details["proofs"] == ["password", "webauthn"]
    page.goto("/admin/my-settings/")
    assert not page.evaluate(WIDE)
    assert found == [], "\n".join(found)


def test_key_is_renamed_and_removed_after_a_proof_by_it(anna: User, open_window: Open) -> None:
    page = open_window(anna)
    plug_in_key(page)
    page.goto("/admin/second-factor/key/")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="I have kept them").click()
    grow_old(anna)
    page.goto("/admin/second-factor/")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    found = faults(page, "proof")
    page.get_by_role("button", name="Use a security key").click()
    page.get_by_label("Name").fill("Red key")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="Red key")).to_be_visible()
    found += faults(page, "list")
    page.get_by_role("link", name="Change").click()
    found += faults(page, "change")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None yet: the password alone signs you in.")).to_be_visible()
    assert found == [], "\n".join(found)


def test_app_is_set_up_in_german(anna: User, open_window: Open) -> None:
    User.objects.filter(pk=anna.pk).update(language="de")
    page = open_window(anna)
    page.goto("/admin/second-factor/app/")
    found = faults(page, "app")
    secret = page.locator("[data-secret]").inner_text()
    page.locator("[name=code]").fill(factors.code(secret))
    page.locator("[name=code]").press("Enter")
    expect(page.locator("[data-codes] li")).to_have_count(10)
    page.goto("/admin/second-factor/")
    found += faults(page, "list")
    assert found == [], "\n".join(found)


def test_form_that_asks_for_a_proof_is_there_again_after_it(anna: User, open_window: Open) -> None:
    root = User.objects.create_superuser("root", password="demo")
    group(Role.AUDITORS)
    page = open_window(root)
    page.goto(change(anna))
    grow_old(root)
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("checkbox", name=Role.AUDITORS.value).check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("What you typed before is here again.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    until(lambda: anna.groups.count() == 2)
    assert User.objects.get(pk=anna.pk).first_name == "Anna"
