"""Failures at *Change password* count for the lock-out like failed sign-ins."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.urls import reverse

from qc.models import AuditEvent, EventKind, User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

STRONG = "a long and new one"


def change_password(client: Client, old: str) -> Any:
    form = {"old_password": old, "new_password1": STRONG, "new_password2": STRONG}
    return client.post(reverse("admin:password_change"), form)


def test_wrong_old_password_is_a_failed_sign_in(anna: User, sign_in_client: Any) -> None:
    answer = change_password(sign_in_client(anna), "guess")
    assert "old_password" in answer.context["form"].errors
    failed = AuditEvent.objects.get(kind=EventKind.SIGN_IN_FAILED)
    assert (failed.name, failed.address) == ("anna", "127.0.0.1")
    assert AccessAttempt.objects.get().failures_since_start == 1


def test_who_guesses_on_is_locked_out_there_and_at_the_sign_in(
    anna: User, sign_in_client: Any
) -> None:
    client = sign_in_client(anna)
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert change_password(client, "guess").status_code == 200
    assert change_password(client, "guess").status_code == 429
    assert change_password(client, "demo").status_code == 429
    page = reverse("admin:login")
    assert Client().post(page, {"username": "anna", "password": "demo"}).status_code == 429
    assert User.objects.get(pk=anna.pk).check_password("demo")
    assert AuditEvent.objects.filter(kind=EventKind.LOCKED_OUT, name="anna").exists()


def test_right_old_password_changes_it(anna: User, sign_in_client: Any) -> None:
    assert change_password(sign_in_client(anna), "demo").status_code == 302
    assert User.objects.get(pk=anna.pk).check_password(STRONG)
    assert not AccessAttempt.objects.exists()
