"""The lists of sessions and tokens in a browser: on a phone, by night, and the end of one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from qc.audit import sign_ins
from qc.models import AuditEvent, SignIn, User
from tests.admin.conftest import change
from tests.browser.axe import faults
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

Open = Callable[..., Page]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def add_token(person: User) -> SignIn:
    """List a token of somebody, with the longest device and address that there can be."""
    from knox.models import AuthToken

    token, _secret = AuthToken.objects.create(person)
    address = "2001:db8:1111:2222:3333:4444:5555:6666"
    return sign_ins.begin(person, device="x" * 80, address=address, token=token.pk)


def test_list_fits_a_phone_and_ends_what_is_chosen(
    anna: User, mona: User, open_window: Open
) -> None:
    add_token(anna)
    page = open_window(anna)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/my-settings/")
    listed = page.get_by_role("region", name="Sessions and tokens").get_by_role("listitem")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="this session").get_by_role("button")).to_have_count(0)
    found = faults(page, "my settings")
    assert not page.evaluate(WIDE)
    manager = open_window(mona)
    manager.set_viewport_size({"width": 390, "height": 844})
    manager.goto(change(anna))
    found += faults(manager, "a person")
    assert not manager.evaluate(WIDE)
    listed.get_by_role("button", name="End").click()
    expect(listed).to_have_count(1)
    assert AuditEvent.objects.latest("pk").kind == "token ended"
    manager.get_by_role("button", name="End all").click()
    expect(manager.get_by_text("None is open now.")).to_be_visible()
    assert manager.url.endswith(change(anna))
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
    assert found == [], "\n".join(found)
