"""The presence switch in the header of every page."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import User
from qc.work import actions

pytestmark = pytest.mark.django_db

At = Callable[[User], Client]


def switch(client: Client, name: str, follow: str = "/admin/", **form: str) -> str:
    """Press a button of the header; return the page that comes then."""
    address = reverse(f"admin:{name}", query={"next": follow})
    return client.post(address, form, follow=True).content.decode()


def test_switch_begins_and_ends_a_break(anna: User, sign_in_client: At) -> None:
    client = sign_in_client(anna)
    page = switch(client, "take_break", reason="Lunch", other="")
    assert "You are on break." in page
    assert "on break: Lunch" in page
    assert "Welcome back." in switch(client, "come_back")
    kinds = anna.history.filter(history_type="~").values_list("kind", "through")
    assert list(kinds)[::-1] == [
        ("signed in", "shell"),
        ("went on break", "page"),
        ("came back", "page"),
    ]


def test_break_takes_a_written_reason(anna: User, sign_in_client: At) -> None:
    client = sign_in_client(anna)
    assert "on break: Dentist" in switch(client, "take_break", reason="Lunch", other="Dentist")


def test_break_without_a_reason_is_refused(anna: User, sign_in_client: At) -> None:
    page = switch(sign_in_client(anna), "take_break")
    assert "Please give a reason." in page
    assert "signed in" in page


def test_managers_have_the_switch_too(mona: User, sign_in_client: At) -> None:
    tasks = reverse("admin:qc_task_changelist")
    page = switch(sign_in_client(mona), "take_break", follow=tasks, reason="Meeting")
    assert "on break: Meeting" in page
    assert mona.username in page
    assert "changelist" in page


def test_auditors_have_no_switch_as_nobody_waits_for_them(otto: User, sign_in_client: At) -> None:
    page = sign_in_client(otto).get(reverse("admin:trail")).content.decode()
    assert otto.username in page
    assert "Take a break" not in page
    assert "I'm back" not in page


def test_switch_shows_that_one_was_signed_out(anna: User, sign_in_client: At) -> None:
    client = sign_in_client(anna)
    actions.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    assert "signed out" in client.get(reverse("admin:my_work")).content.decode()


def test_switch_redirects_to_pages_of_this_site_only(anna: User, sign_in_client: At) -> None:
    client = sign_in_client(anna)
    address = reverse("admin:come_back", query={"next": "https://elsewhere.example/"})
    assert client.post(address)["Location"] == "/admin/"


def test_switch_requires_a_sign_in_and_a_role(anna: User) -> None:
    stranger, without_role = Client(), Client()
    without_role.force_login(User.objects.create_user("nina", is_staff=True))
    for name in ("take_break", "come_back"):
        address = reverse(f"admin:{name}")
        assert "/login/" in stranger.post(address)["Location"]
        assert without_role.post(address).status_code == 403
        assert Client().get(address).status_code in (302, 405)
