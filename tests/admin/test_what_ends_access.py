"""Whatever changes an account ends its sessions and tokens at once, whichever way it is changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.models import User
from qc.work import actions
from tests.admin.conftest import change, signed_in, typed
from tests.admin.test_people_pages import role, save
from tests.conftest import group

pytestmark = pytest.mark.django_db

STRONG = "a long and new one"


class Ways:
    """A session and a token of one person."""

    def __init__(self, person: User) -> None:
        self.session, self.token = Client(), APIClient()
        self.session.force_login(person)
        answer = self.token.post("/login/", {"username": person.username, "password": "demo"})
        self.token.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")

    def open(self) -> tuple[bool, bool]:
        """Return whether the session and the token are still valid."""
        page = self.session.get(reverse("admin:my_settings"))
        return page.status_code == 200, self.token.get("/dashbord/").status_code == 200


@pytest.fixture
def ways(anna: User) -> Ways:
    ways = Ways(anna)
    assert ways.open() == (True, True)
    return ways


def by_the_command(anna: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda *_: STRONG)
    call_command("changepassword", "anna")


def by_the_console(anna: User, _: Any) -> None:
    anna.set_password(STRONG)
    anna.save(update_fields=["password"])


def to_none(anna: User, _: Any) -> None:
    anna.set_unusable_password()
    anna.save()


def deactivated(anna: User, _: Any) -> None:
    anna.is_active = False
    anna.save(update_fields=["is_active"])


def made_a_superuser(anna: User, _: Any) -> None:
    anna.is_superuser = True
    anna.save(update_fields=["is_superuser"])


def given_a_role(anna: User, _: Any) -> None:
    anna.groups.add(group("Managers"))


def taken_from_a_role(anna: User, _: Any) -> None:
    anna.groups.remove(group("QC staff"))


def given_a_right(anna: User, _: Any) -> None:
    anna.user_permissions.add(Permission.objects.get(codename="export_task"))


@pytest.mark.parametrize(
    "way",
    [
        by_the_command,
        by_the_console,
        to_none,
        deactivated,
        made_a_superuser,
        given_a_role,
        taken_from_a_role,
        given_a_right,
    ],
)
def test_change_of_the_account_ends_session_and_token(
    anna: User, ways: Ways, monkeypatch: Any, way: Callable[[User, Any], None]
) -> None:
    way(User.objects.get(pk=anna.pk), monkeypatch)
    # Without its traces: whoever may enter again has to sign in again.
    User.objects.filter(pk=anna.pk).update(is_active=True)
    anna.groups.through.objects.get_or_create(user_id=anna.pk, group=group("QC staff"))
    assert ways.open() == (False, False)


def test_new_roles_on_the_person_s_page_end_session_and_token(
    root: User, sign_in_client: Any, anna: User, ways: Ways
) -> None:
    save(sign_in_client(root), anna, roles=[role("QC staff"), role("Managers")])
    assert ways.open() == (False, False)


def test_reactivation_revives_nothing(mona_client: Client, anna: User, ways: Ways) -> None:
    save(mona_client, anna, is_active=None)
    save(mona_client, anna, is_active="on")
    assert ways.open() == (False, False)


def test_manager_s_sign_out_ends_session_and_token(anna: User, mona: User, ways: Ways) -> None:
    signed_in(anna)
    actions.sign_out(anna.pk, by=mona, reason="went home")
    assert ways.open() == (False, False)


def test_other_changes_end_nothing(mona_client: Client, anna: User, ways: Ways) -> None:
    save(mona_client, anna, first_name="Anna", capacity="3")
    anna.refresh_from_db()
    anna.last_name = "Nowak"
    anna.save(update_fields=["last_name"])
    assert ways.open() == (True, True)


def test_own_session_goes_on_after_a_change_of_one_s_own_roles(root: User) -> None:
    ways = Ways(root)
    form = typed(ways.session, change(root))
    form["roles"] = [*form.get("roles", []), role("Auditors")]
    assert ways.session.post(change(root), form).status_code == 302
    assert ways.open() == (True, False)


def test_older_copy_of_the_person_revives_nothing(anna: User, ways: Ways) -> None:
    older = User.objects.get(pk=anna.pk)
    User.objects.filter(pk=anna.pk).end_access()
    older.last_name = "Nowak"
    older.save(update_fields=["last_name"])
    assert ways.open() == (False, False)
