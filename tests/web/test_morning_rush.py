"""Five hundred people behind one address sign in, while somebody there guesses passwords."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.test import Client, RequestFactory
from django.utils import timezone

from qc.models import Role, User
from tests.conftest import group
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

OFFICE, ELSEWHERE = "203.0.113.9", "198.51.100.1"
PEOPLE = 500
# What the address may get wrong: docs/operation.md.
MOST_WRONG = 100


@pytest.fixture
def shift(quick_passwords: None) -> list[str]:
    """The names of people who come at the same time."""
    password = make_password("demo")
    people = User.objects.bulk_create(
        User(username=f"qc{number}", password=password, is_staff=True) for number in range(PEOPLE)
    )
    role, roles = group(Role.QC_STAFF), User.groups.through
    roles.objects.bulk_create(roles(user=one, group=role) for one in people)
    return [one.username for one in people]


def sign_in(name: str, password: str, at: str = OFFICE) -> int:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=at).post("/login/", form, "application/json").status_code


def is_right(name: str) -> bool:
    """Return whether a right password is accepted: all that a sign-in asks, and much quicker."""
    request = RequestFactory().post("/login/", REMOTE_ADDR=OFFICE)
    return authenticate(request, username=name, password="demo") is not None


def guess(number: int) -> int:
    """Try a name that is somebody's, or nobody's."""
    return sign_in(f"qc{number}" if number % 2 else f"admin{number}", "123456")


def test_everybody_gets_in_whatever_they_mistype_and_a_lock_lasts_as_long_as_it_says(
    shift: list[str],
) -> None:
    guesses = iter(range(MOST_WRONG + 5))
    for number, name in enumerate(shift):
        if number % 6 == 0:
            assert guess(next(guesses)) == 401
        if number % 20 == 0:
            assert (sign_in(name, "dmeo"), sign_in(name, "demo")) == (401, 200), name
        assert is_right(name), name
    # Whoever guesses on is stopped, and with them the address, for a quarter of an hour.
    assert 429 in map(guess, guesses)
    assert not is_right("qc0")
    assert (sign_in("qc0", "demo"), sign_in("qc0", "demo", at=ELSEWHERE)) == (429, 200)
    earlier = timezone.now() - timedelta(minutes=14)
    AccessAttempt.objects.update(attempt_time=earlier)
    assert guess(1) == 429
    assert not AccessAttempt.objects.filter(attempt_time__gt=earlier).exists()
    AccessAttempt.objects.update(attempt_time=earlier - timedelta(minutes=2))
    assert all(is_right(name) for name in shift[:20])
