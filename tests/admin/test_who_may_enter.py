"""Who may enter the pages, where they land and what their menu shows."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import resolve, reverse

from qc.models import Role, User
from tests.conftest import person
from tests.test_translations import visible_text

ENTRY = re.compile(
    r'<a href="[^"]*" class="([^"]*)">\s*<span [^>]*>\w+</span>\s*<span>(.*?)</span>'
)


def menu(client: Client, address: str = "admin:qc_task_changelist", mark: str = "") -> list[str]:
    """Return the titles of a page's menu, with `mark` only of the entries of that class."""
    page = client.get(reverse(address)).content.decode()
    entries = ENTRY.findall(page.partition('id="nav-sidebar-apps"')[2])
    return [title for classes, title in entries if not mark or mark in classes.split()]


def test_root_address_redirects_to_the_pages(client: Client) -> None:
    assert client.get("/").url == reverse("admin:index")


def test_pages_require_a_sign_in(client: Client) -> None:
    page = client.get(reverse("admin:qc_task_changelist"))
    assert page.url.startswith(reverse("admin:login"))


LOGS = re.compile(r"\blog(ged)? ?(in|out)\b", re.I)


def test_pages_speak_of_signing_in_and_out(client: Client, mona_client: Client) -> None:
    door = client.get(reverse("admin:login")).content.decode()
    inside = mona_client.get(reverse("admin:qc_task_changelist")).content.decode()
    gone = mona_client.post(reverse("admin:logout")).content.decode()
    assert "Sign in | QC Desk" in " ".join(door.split())
    assert "Sign out" in inside
    assert "You are signed out." in gone
    assert "quality time" not in gone
    for page in (door, inside, gone):
        assert LOGS.findall(visible_text(page)) == []


def test_sign_in_page_says_that_the_account_may_not_enter(client: Client, anna: User) -> None:
    anna.groups.clear()
    client.force_login(anna)
    page = client.post(reverse("admin:login"), {"username": "anna", "password": "x"})
    assert "You are signed in as anna, who may not open this page." in page.content.decode()


def test_manager_lands_on_the_floor(mona_client: Client) -> None:
    assert mona_client.get(reverse("admin:index")).url == reverse("admin:floor")


def test_auditor_lands_on_the_audit_trail(otto_client: Client) -> None:
    assert otto_client.get(reverse("admin:index")).url == reverse("admin:trail")


def test_qc_staff_land_on_their_work(anna: User, sign_in_client: Any) -> None:
    assert sign_in_client(anna).get(reverse("admin:index")).url == reverse("admin:my_work")


def test_sign_in_redirects_to_the_start_page(client: Client, mona: User) -> None:
    page = client.post(reverse("admin:login"), {"username": "mona", "password": "demo"})
    assert page.url == reverse("admin:index")


def test_account_without_a_role_can_t_sign_in_and_learns_why(client: Client, db: None) -> None:
    person("nora")
    page = client.post(reverse("admin:login"), {"username": "nora", "password": "demo"})
    assert "You have no role yet" in page.content.decode()
    assert not User.objects.get(username="nora").is_logged_in


def test_account_that_is_not_staff_does_not_enter(anna: User, sign_in_client: Any) -> None:
    User.objects.filter(pk=anna.pk).update(is_staff=False)
    page = sign_in_client(anna).get(reverse("admin:index"))
    assert page.url.startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", ["task", "queue", "user"])
def test_qc_staff_have_no_lists(anna: User, sign_in_client: Any, model: str) -> None:
    assert sign_in_client(anna).get(reverse(f"admin:qc_{model}_changelist")).status_code == 403


def test_menu_shows_the_pages_of_each_role(
    mona_client: Client, otto_client: Client, root: User, sign_in_client: Any
) -> None:
    floor = ["Floor", "Tasks", "Imports", "Queues", "Check plans", "Defect codes", "Alerts"]
    house = ["Reports", "Audit trail", "Floor history", "Webhooks"]
    managers = ["My work", "Handover", *floor, "People", "Who works where", *house]
    assert menu(mona_client) == managers
    assert menu(otto_client) == [*floor, "People", *house]
    assert menu(sign_in_client(root))[-4:] == ["Service tokens", "API", "Lock-outs", "Status"]


def test_menu_marks_only_the_current_page(mona_client: Client) -> None:
    for address, title in {
        "admin:imports": "Imports",
        "admin:floor_history": "Floor history",
    }.items():
        assert menu(mona_client, address, mark="active") == [title]


def test_menu_follows_a_role_at_once(mona: User, mona_client: Client) -> None:
    assert "People" in menu(mona_client)
    mona.groups.set(Group.objects.filter(name=Role.AUDITORS))
    assert "My work" not in menu(mona_client)


def test_pages_of_other_apps_do_not_exist(root: User, sign_in_client: Any) -> None:
    client = sign_in_client(root)
    for address in ("auth/group/", "knox/authtoken/", "axes/accesslog/"):
        assert client.get(f"/admin/{address}").status_code == 404


@pytest.mark.parametrize(
    ("address", "view"),
    [
        ("admin:floor", "qc.admin.floor.views.page"),
        ("admin:reports_csv", "qc.admin.reports.views.export"),
        ("admin:take_break", "qc.admin.people.presence_switch.take_break"),
        ("admin:my_settings", "qc.admin.people.my_settings.page"),
    ],
)
def test_resolver_knows_each_view_by_its_own_name(address: str, view: str) -> None:
    assert resolve(reverse(address))._func_path == view
