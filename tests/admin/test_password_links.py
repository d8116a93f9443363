"""Nobody chooses another's password: a link, valid once and for a day, lets people choose it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.admin.sign_in.new_password import MOST_INVALID
from qc.audit import invariants
from qc.models import ChangeKind, Queue, Role, Task, User
from tests.admin.conftest import change
from tests.conftest import group, person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

STRONG = "a long and new one"
CHOSEN = {"new_password1": STRONG, "new_password2": STRONG}
INVALID = "This link is not valid"
NOWHERE = "/admin/new-password/MQ/no-token/"


def reset_page(one: User) -> str:
    return reverse("admin:auth_user_password_change", args=[one.pk])


def link_in(answer: Any) -> str:
    (link,) = re.findall(r'value="http://testserver(/[^"]+)"', answer.content.decode())
    return link


def make_link(client: Client, one: User) -> str:
    return link_in(client.post(reset_page(one)))


def choose(link: str, client: Client | None = None, **form: str) -> Any:
    """Open a link in a browser, and send the form that it leads to."""
    client = client or Client()
    page = client.get(link)
    return client.post(page.url, CHOSEN | form) if page.status_code == 302 else page


def can_sign_in(one: User, password: str) -> bool:
    form = {"username": one.username, "password": password}
    return Client().post(reverse("admin:login"), form).status_code == 302


def test_new_person_chooses_a_password_and_gets_work(
    mona_client: Client, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(invoices)
    new = {"username": "dora", "first_name": "Dóra", "capacity": 1}
    new |= {"roles": [group(Role.QC_STAFF).pk], "queues": [invoices.pk]}
    answer = mona_client.post(
        reverse("admin:qc_user_add"), new | {"password1": "mine", "password2": "mine"}
    )
    dora = User.objects.get(username="dora")
    assert (dora.is_staff, dora.is_superuser, dora.has_usable_password()) == (True, False, False)
    assert choose(link_in(answer)).url == reverse("admin:login")
    made, linked, chosen = dora.history.order_by("pk")
    assert (made.history_type, made.history_user, made.through) == ("+", mona, "page")
    assert made.history_change_reason == "Roles: – → QC staff; Queues: – → Invoices"
    assert (linked.kind, linked.history_user) == (ChangeKind.LINK_MADE, mona)
    assert (chosen.kind, chosen.history_user) == (ChangeKind.PASSWORD_CHANGED, dora)
    assert can_sign_in(dora, STRONG)
    assert Task.objects.get().assignee == dora
    assert list(invariants.broken()) == []


def test_manager_can_t_choose_a_password(mona_client: Client, anna: User) -> None:
    assert b"password1" not in mona_client.get(reset_page(anna)).content
    mona_client.post(reset_page(anna), {"password1": STRONG, "password2": STRONG})
    assert can_sign_in(anna, "demo")
    assert not can_sign_in(anna, STRONG)


def test_link_is_shown_once_and_works_once(mona_client: Client, anna: User) -> None:
    link = make_link(mona_client, anna)
    assert link not in mona_client.get(reset_page(anna)).content.decode()
    early = Client()
    form = early.get(link).url
    assert choose(link).status_code == 302
    assert INVALID in choose(link).content.decode()
    # One that was opened before and is sent after.
    other = {"new_password1": "and another one", "new_password2": "and another one"}
    assert INVALID in early.post(form, other).content.decode()
    assert can_sign_in(anna, STRONG)


def test_next_link_ends_the_one_before(mona_client: Client, anna: User, ben: User) -> None:
    first, bens, second = (make_link(mona_client, one) for one in (anna, ben, anna))
    assert INVALID in choose(first).content.decode()
    assert choose(second).status_code == 302
    assert choose(bens).status_code == 302


def test_link_ends_after_a_day_and_with_the_account(mona_client: Client, anna: User) -> None:
    link = make_link(mona_client, anna)
    for hours, is_valid in ((23, True), (25, False)):
        # Django counts without a zone.
        later = datetime.now() + timedelta(hours=hours)  # noqa: DTZ005
        with patch.object(PasswordResetTokenGenerator, "_now", lambda _self, at=later: at):
            assert (Client().get(link).status_code == 302) is is_valid
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert INVALID in choose(link).content.decode()


def test_using_it_ends_all_sessions_and_tokens(
    mona_client: Client, anna: User, sign_in_client: Any
) -> None:
    token = APIClient()
    known = token.post("/login/", {"username": "anna", "password": "demo"}).json()["token"]
    token.credentials(HTTP_AUTHORIZATION=f"Token {known}")
    client = sign_in_client(anna)
    link = make_link(mona_client, anna)
    assert client.get("/admin/my-work/").status_code == 200
    choose(link)
    assert client.get("/admin/my-work/").url.startswith(reverse("admin:login"))
    assert token.get("/dashbord/").status_code == 401


def test_weak_password_is_refused(mona_client: Client, anna: User) -> None:
    weak = {"new_password1": "password1", "new_password2": "password1"}
    answer = choose(make_link(mona_client, anna), **weak)
    assert "This password is too common." in answer.content.decode()
    assert can_sign_in(anna, "demo")


def test_links_that_are_not_valid_look_alike_and_are_limited(
    mona_client: Client, anna: User
) -> None:
    good = make_link(mona_client, anna)
    which = good.split("/")[3]
    pages = [
        re.sub(f"/{one}/|csrf[^>]*>", "", Client().get(NOWHERE.replace("MQ", one)).content.decode())
        for one in (which, "OTk5")
    ]
    assert INVALID in pages[0]
    assert pages[0] == pages[1]
    for _ in range(MOST_INVALID - 2):
        assert Client().get(NOWHERE).status_code == 200
    assert Client().get(NOWHERE).status_code == 429
    assert Client().get(good).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.8").get(good).status_code == 302


def test_valid_links_are_not_limited(mona_client: Client, anna: User) -> None:
    link = make_link(mona_client, anna)
    for _ in range(MOST_INVALID + 1):
        assert Client().get(link, follow=True).status_code == 200


@pytest.mark.parametrize("role", [Role.MANAGERS, Role.AUDITORS])
def test_manager_makes_no_link_for_another_role(mona_client: Client, role: Role) -> None:
    other = person("rita", role)
    rows = other.history.count()
    assert mona_client.post(reset_page(other)).status_code == 403
    assert reset_page(other) not in mona_client.get(change(other)).content.decode()
    assert other.history.count() == rows


def test_deactivated_person_gets_no_link(mona_client: Client, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    answer = mona_client.post(reset_page(anna)).content.decode()
    assert "anna is deactivated." in answer
    assert "/admin/new-password/" not in answer
