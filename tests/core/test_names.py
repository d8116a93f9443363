"""A new name has letters of one script, so that none looks like somebody else's."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.core.names import letter_of_another_script
from qc.models import User
from tests.admin.conftest import change, typed
from tests.conftest import person


@pytest.mark.parametrize(
    "name", ["anna", "anna.b-2@qc", "Dóra", "groß", "ﬁnn", "анна", "Νίκη", "中村あきラー", "김철수"]
)
def test_name_of_one_script_is_taken(name: str) -> None:
    assert letter_of_another_script(name) == ""


@pytest.mark.parametrize(
    ("name", "letter"), [("аnna", "n"), ("ann\u0430", "\u0430"), ("οtto", "t"), ("anna中", "中")]
)
def test_letter_of_another_script_is_found(name: str, letter: str) -> None:
    assert letter_of_another_script(name) == letter


@pytest.mark.django_db
def test_new_person_gets_no_such_name_and_learns_why(mona: User, client: Client) -> None:
    client.force_login(mona)
    page = client.post(reverse("admin:qc_user_add"), {"username": "ann\u0430", "capacity": 1})
    assert "All letters must be of one script: “\u0430” (U+0430)" in page.content.decode()
    assert not User.objects.filter(username="ann\u0430").exists()


@pytest.mark.django_db
def test_name_from_before_signs_in_and_its_account_can_be_edited(client: Client) -> None:
    old = person("ann\u0430", "QC staff")
    root = User.objects.create_superuser("root", password="demo")
    form: dict[str, Any] = {"username": old.username, "password": "demo"}
    assert client.post(reverse("admin:login"), form).status_code == 302
    client.force_login(root)
    form = typed(client, change(old))
    assert client.post(change(old), form | {"first_name": "Anna"}).status_code == 302
    assert client.post(change(old), form | {"username": "b\u0430rt"}).status_code == 200
    old.refresh_from_db()
    assert (old.first_name, old.username) == ("Anna", "ann\u0430")
