"""Passwords are stored as OWASP advises, and older ones anew when their user signs in."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.test import RequestFactory

from config import settings as written
from qc.models import User

pytestmark = pytest.mark.django_db

OWASP = "argon2$argon2id$v=19$m=19456,t=2,p=1$"


@pytest.fixture(autouse=True)
def real_hashers(quick_passwords: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = written.PASSWORD_HASHERS


def test_new_password_is_stored_as_owasp_advises() -> None:
    assert make_password("demo").startswith(OWASP)


def test_password_stored_otherwise_is_stored_anew_and_nothing_else_happens(anna: User) -> None:
    anna.password = Argon2PasswordHasher().encode("demo", "a salt of some length")
    User.objects.filter(pk=anna.pk).update(password=anna.password)
    rows = anna.history.count()
    known = authenticate(RequestFactory().post("/"), username="anna", password="demo")
    assert known == anna
    assert User.objects.get(pk=anna.pk).password.startswith(OWASP)
    assert anna.history.count() == rows
