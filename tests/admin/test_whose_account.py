"""Managers handle accounts of QC staff; rights, names and all other accounts are superusers'."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from qc import permissions
from qc.models import Role, User
from tests.admin.conftest import change, typed
from tests.conftest import group, person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

OTHERS = (Role.MANAGERS, Role.AUDITORS)


def save(client: Client, one: User, **changed: Any) -> int:
    form = typed(client, change(one)) | changed
    return client.post(change(one), form).status_code


def stored(one: User) -> Any:
    return User.objects.values("username", "first_name", "is_active", "password", "groups").filter(
        pk=one.pk
    )[:]


@pytest.mark.parametrize("role", OTHERS)
def test_manager_only_reads_the_account_of_another_role(mona_client: Client, role: Role) -> None:
    other = person("rita", role)
    before = list(stored(other))
    page = mona_client.get(change(other)).content.decode()
    assert 'name="_save"' not in page
    assert reverse("admin:auth_user_password_change", args=[other.pk]) not in page
    for url in (change(other), reverse("admin:auth_user_password_change", args=[other.pk])):
        answer = mona_client.post(url, {"first_name": "X", "password1": "x", "password2": "x"})
        assert answer.status_code == 403
    assert list(stored(other)) == before


def test_manager_only_reads_their_own_account(mona_client: Client, mona: User) -> None:
    assert 'name="_save"' not in mona_client.get(change(mona)).content.decode()
    assert mona_client.post(change(mona), {"capacity": 20}).status_code == 403


def test_other_groups_and_single_permissions_make_an_account_a_superusers(mona: User) -> None:
    plain, grouped, trusted = person("a"), person("b", Role.QC_STAFF), person("c", Role.QC_STAFF)
    grouped.groups.add(Group.objects.create(name="Owners"))
    trusted.user_permissions.add(Permission.objects.get(codename="manage_task"))
    allowed = [permissions.may_edit_account(mona, one) for one in (plain, grouped, trusted)]
    assert allowed == [True, False, False]


@pytest.mark.parametrize("role", OTHERS)
def test_manager_is_offered_only_the_role_qc_staff_and_gives_no_other(
    mona_client: Client, anna: User, role: Role, caplog: Any
) -> None:
    form = mona_client.get(change(anna)).context["adminform"].form
    assert [one.name for one in form.fields["roles"].queryset] == [Role.QC_STAFF]
    wanted = [group(Role.QC_STAFF).pk, group(role).pk]
    with caplog.at_level(logging.WARNING, "django.request"):
        assert save(mona_client, anna, roles=wanted) == 403
    assert change(anna) in caplog.text
    new = {"username": "dora", "roles": wanted, "capacity": 1}
    assert mona_client.post(reverse("admin:qc_user_add"), new).status_code == 403
    assert list(anna.groups.values_list("name", flat=True)) == [Role.QC_STAFF]
    assert not User.objects.filter(username="dora").exists()


def test_manager_takes_and_gives_the_role_qc_staff(mona_client: Client, anna: User) -> None:
    assert save(mona_client, anna, roles=[]) == 302
    assert not anna.groups.exists()
    assert save(mona_client, anna, roles=[group(Role.QC_STAFF).pk]) == 302
    assert anna.groups.get().name == Role.QC_STAFF


def test_manager_sees_a_name_and_can_t_change_it(mona_client: Client, anna: User) -> None:
    assert "username" not in typed(mona_client, change(anna))
    assert save(mona_client, anna, username="otto") == 403
    assert User.objects.get(pk=anna.pk).username == "anna"


@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "groups", "user_permissions"])
def test_manager_gives_no_right_by_a_crafted_form(
    mona_client: Client, anna: User, field: str
) -> None:
    assert save(mona_client, anna, **{field: "1"}) == 403
    assert not permissions.is_manager(User.objects.get(pk=anna.pk))


def test_superuser_edits_every_account(root: User, otto: User, sign_in_client: Any) -> None:
    client = sign_in_client(root)
    roles = [group(Role.AUDITORS).pk, group(Role.MANAGERS).pk]
    assert save(client, otto, username="ottilie", roles=roles) == 302
    otto.refresh_from_db()
    assert (otto.username, otto.groups.count()) == ("ottilie", 2)
