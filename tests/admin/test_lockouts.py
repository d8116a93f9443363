"""The list of lock-outs, and unlocking a name."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.urls import reverse

from qc.models import User

LIST = "admin:axes_accessattempt_changelist"


def status_of_sign_in(password: str) -> int:
    answer = Client().post(reverse("admin:login"), {"username": "anna", "password": password})
    return answer.status_code


def test_superuser_sees_and_unlocks_a_name(anna: User, root: User, sign_in_client: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        status_of_sign_in("wrong")
    assert status_of_sign_in("demo") == 429
    client = sign_in_client(root)
    assert "anna" in client.get(reverse(LIST)).content.decode()
    attempt = AccessAttempt.objects.get()
    client.post(reverse("admin:axes_accessattempt_delete", args=[attempt.pk]), {"post": "yes"})
    assert status_of_sign_in("demo") == 302


def test_others_see_no_lockouts(mona_client: Client, otto_client: Client) -> None:
    assert mona_client.get(reverse(LIST)).status_code == 403
    assert otto_client.get(reverse(LIST)).status_code == 403
