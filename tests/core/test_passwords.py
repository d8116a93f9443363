"""Passwords are stored as OWASP advises, older ones anew at a sign-in, common ones never."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from config import settings as written
from qc.core.passwords import AT_ONCE, COMMON, PREFIX_BYTES, Argon2Hasher
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


@pytest.mark.parametrize(
    "password", ["password1", " PassWord1", "trustno1", "ranger69", "deliman34"]
)
def test_common_password_is_refused_whatever_its_capitals(password: str) -> None:
    with pytest.raises(ValidationError, match="too common"):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["a long and new one", "\0\0\0\0\0\0\0\0", "ж" * 9, "\ud800" * 9]
)
def test_any_other_password_may_be_chosen(password: str) -> None:
    validate_password(password)


def test_list_of_common_passwords_is_in_order_and_has_each_once() -> None:
    data = COMMON.read_bytes()
    prefixes = [data[at : at + PREFIX_BYTES] for at in range(0, len(data), PREFIX_BYTES)]
    assert len(prefixes) == 100_000
    assert all(one < following for one, following in pairwise(prefixes))


def test_two_hashes_are_made_at_a_time_whatever_the_threads(monkeypatch: Any) -> None:
    both, running, most = Barrier(AT_ONCE, timeout=30), [], []

    def encode(_self: Any, password: str, _salt: str) -> str:
        running.append(password)
        both.wait()
        most.append(len(running))
        both.wait()
        running.remove(password)
        return password

    monkeypatch.setattr(Argon2PasswordHasher, "encode", encode)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(Argon2Hasher().encode, "abcdef", ["salt"] * 6))
    assert made == list("abcdef")
    assert set(most) == {AT_ONCE}


MANY_HASHES = """
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from argon2.low_level import Type, hash_secret
from config import memory
memory.give_back()
def hashed(number):
    return hash_secret(b"demo", b"a salt of some length", 2, 19 * 1024, 1, 32, Type.ID)
with ThreadPoolExecutor(8) as pool:
    list(pool.map(hashed, range(32)))
    print(re.search(r"VmRSS:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_of_a_hash_is_given_back() -> None:
    command = [sys.executable, "-c", MANY_HASHES]
    kept = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    # Eight threads would keep 19 MB each.
    assert int(kept) < 60 * 1024
