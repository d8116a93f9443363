"""Inviting people: a form without jargon, links for many, and e-mail where a server is set up."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from qc.models import ChangeKind, Queue, Role, User
from tests.admin.conftest import typed
from tests.admin.lists import import_list, prove
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

ADD = "admin:qc_user_add"
LIST = "admin:qc_user_changelist"


@pytest.fixture
def mail_server(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.com"


def invited(name: str, **columns: Any) -> User:
    """Make somebody who has no password yet."""
    found = person(name, Role.QC_STAFF, **columns)
    found.set_unusable_password()
    found.save(update_fields=["password"])
    return found


def invite(client: Client, *people: User) -> Any:
    sent = {"action": "invite_selected", "_selected_action": [one.pk for one in people]}
    return client.post(reverse(LIST), sent, follow=True)


def test_new_person_is_qc_staff_unless_chosen_otherwise(
    mona_client: Client, invoices: Queue
) -> None:
    page = mona_client.get(reverse(ADD)).content.decode()
    assert "What they type to sign in" in page
    assert "password1" not in page
    form = typed(mona_client, reverse(ADD)) | {"username": "dora", "language": "de"}
    prove(mona_client)
    mona_client.post(reverse(ADD), form)
    dora = User.objects.get(username="dora")
    assert [group.name for group in dora.groups.all()] == [Role.QC_STAFF]
    assert dora.language == "de"


def test_links_are_made_for_the_selected_who_have_no_password(
    mona_client: Client, mona: User, anna: User, otto: User
) -> None:
    dora, emil = invited("dora"), invited("emil")
    gone = invited("gone", is_active=False)
    page = invite(mona_client, anna, otto, dora, emil, gone).content.decode()
    links = re.findall(r"http://testserver(/admin/new-password/[^<]+)", page)
    assert len(links) == 2
    assert [Client().get(link).status_code for link in links] == [302, 302]
    made = User.history.filter(kind=ChangeKind.LINK_MADE)
    assert {(row.username, row.history_user) for row in made} == {("dora", mona), ("emil", mona)}


def test_nobody_who_has_a_password_is_invited(mona_client: Client, anna: User) -> None:
    assert "waits for an invitation" in invite(mona_client, anna).content.decode()
    assert not User.history.filter(kind=ChangeKind.LINK_MADE).exists()


def test_auditor_invites_nobody(otto_client: Client) -> None:
    invite(otto_client, invited("dora"))
    assert not User.history.filter(kind=ChangeKind.LINK_MADE).exists()


def test_second_invite_ends_the_first(mona_client: Client) -> None:
    dora = invited("dora")
    pages = [invite(mona_client, dora).content.decode() for _ in range(2)]
    links = [re.findall(r"http://testserver(/admin/new-password/[^<]+)", page) for page in pages]
    assert [Client().get(link).status_code for [link] in links] == [200, 302]


def test_link_is_sent_in_the_language_of_its_person(mona_client: Client, mail_server: None) -> None:
    prove(mona_client)
    text = "username,email,language\ndora,dora@example.com,de\nemil,,\n"
    page = import_list(mona_client, "user", text).content.decode()
    [message] = mail.outbox
    assert message.to == ["dora@example.com"]
    [link] = re.findall(r"http://testserver(/admin/new-password/\S+)", message.body)
    assert f"http://testserver{link}" in page
    assert "dora@example.com (sent)" in page
    assert Client().get(link).status_code == 302


def test_link_is_shown_where_it_can_not_be_sent(
    mona_client: Client, mail_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    page = invite(mona_client, invited("dora", email="dora@example.com")).content.decode()
    assert "dora@example.com (not sent)" in page
    assert "/admin/new-password/" in page


def test_nothing_is_sent_without_a_mail_server(mona_client: Client) -> None:
    page = invite(mona_client, invited("dora", email="dora@example.com")).content.decode()
    assert "dora@example.com</td>" in page
    assert mail.outbox == []
