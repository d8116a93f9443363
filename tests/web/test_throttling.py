"""How many failed sign-ins are too many: by name and address, by name, and by address."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc.models import Role, User
from tests.conftest import person

pytestmark = pytest.mark.django_db

OFFICE = "203.0.113.9"


@pytest.fixture(autouse=True)
def low_limit(settings: Any) -> None:
    """Lock a name at an address after 2 failures, a name after 10, an address after 20."""
    settings.AXES_FAILURE_LIMIT = 2


def by_api(name: str, password: str = "wrong", at: str = OFFICE) -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=at).post("/login/", form, "application/json")


def by_page(name: str, password: str = "wrong", at: str = OFFICE) -> Any:
    return Client(REMOTE_ADDR=at).post("/admin/login/", {"username": name, "password": password})


@pytest.mark.parametrize("by", [by_api, by_page])
def test_who_tries_many_names_is_stopped_by_address(anna: User, by: Any) -> None:
    tried = [by(f"somebody{n}").status_code for n in range(25)]
    assert 429 not in tried[:19]
    assert set(tried[20:]) == {429}
    # A right password would not show, either.
    assert by("anna", "demo").status_code == 429
    assert by("anna", "demo", at="198.51.100.1").status_code in (200, 302)


@pytest.mark.parametrize("by", [by_api, by_page])
def test_who_tries_a_name_from_many_addresses_is_stopped_by_name(anna: User, by: Any) -> None:
    tried = [by("anna", at=f"198.51.100.{n}").status_code for n in range(12)]
    assert 429 not in tried[:9]
    assert set(tried[10:]) == {429}
    assert by("anna", "demo").status_code == 429


def test_people_of_an_office_who_mistype_and_then_sign_in_are_let_through(db: None) -> None:
    for number in range(30):
        person(f"qc{number}", Role.QC_STAFF)
        assert by_api(f"qc{number}").status_code == 401
        assert by_api(f"qc{number}", "demo").status_code == 200


def test_own_sign_in_takes_nothing_off_what_one_tried_with_other_names(anna: User) -> None:
    for number in range(19):
        by_api(f"somebody{number}")
    assert by_api("anna", "demo").status_code == 200
    by_api("somebody")
    assert by_api("anna", "demo").status_code == 429


def test_trying_on_does_not_prolong_a_lock(anna: User) -> None:
    assert [by_api("anna").status_code for _ in range(4)] == [401, 429, 429, 429]
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert by_api("anna").status_code == 429
    attempt = AccessAttempt.objects.get()
    assert attempt.attempt_time < timezone.now() - timedelta(minutes=13)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert by_api("anna", "demo").status_code == 200


@pytest.mark.parametrize("spelled", ["ANNA", "an\u200bna", "\uff41nna", "anna\u2060", "a\xadnna"])
@pytest.mark.parametrize("by", [by_api, by_page])
def test_name_signs_in_and_is_counted_in_any_form(anna: User, by: Any, spelled: str) -> None:
    assert by(spelled, "demo").status_code in (200, 302)
    assert by("anna").status_code in (200, 401)
    assert by(spelled).status_code == 429
    assert AccessAttempt.objects.get().username == "anna"


def test_unknown_name_is_counted_in_any_form_too(db: None) -> None:
    assert [by_api(name).status_code for name in ("Nobody", "no\u200bbody")] == [401, 429]


def test_name_in_another_form_can_not_be_taken(anna: User) -> None:
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="already exists"):
        User(username="\uff41nna").clean()


@pytest.mark.parametrize("by", [by_api, by_page])
def test_nothing_tells_which_names_exist(anna: User, by: Any) -> None:
    person("gone", Role.QC_STAFF, is_active=False)
    seen = [
        shape(by, name, at=OFFICE[:-1] + str(n))
        for n, name in enumerate(("anna", "nobody", "gone", "ANNA"))
    ]
    assert seen[0][1]
    for other in seen[1:]:
        assert other == seen[0]


def shape(by: Any, name: str, at: str) -> list[Any]:
    """Return what answers and statements show, until a lock, without the values in them."""
    shapes = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as done:
            answer = by(name, at=at)
        statements = [re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", one["sql"]) for one in done]
        text = re.sub(r'value="[^"]*"', "", answer.content.decode())
        shapes.append((answer.status_code, text, statements))
    return shapes
