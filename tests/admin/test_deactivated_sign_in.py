"""Somebody whose account is deactivated is told so, but only by their right password."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.models import Role
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

DEACTIVATED = "This account is deactivated."


def page_of_sign_in(name: str, password: str) -> str:
    answer = Client().post(reverse("admin:login"), {"username": name, "password": password})
    return answer.content.decode()


@pytest.mark.parametrize("name", ["gone", "GONE"])
def test_right_password_of_a_deactivated_account_is_told_so(name: str) -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    page = page_of_sign_in(name, "demo")
    assert DEACTIVATED in page
    assert "correct username and password" not in page


def test_wrong_password_tells_nothing() -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    assert DEACTIVATED not in page_of_sign_in("gone", "wrong")


def test_answer_of_another_sign_in_is_not_shown() -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    # It is refused by the same thread, and nobody asked why.
    assert APIClient().post("/login/", {"username": "gone", "password": "demo"}).status_code == 401
    assert DEACTIVATED not in page_of_sign_in("nobody", "wrong")


def test_right_password_tells_nothing_once_the_name_is_locked() -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page_of_sign_in("gone", "wrong")
    assert DEACTIVATED not in page_of_sign_in("gone", "demo")
