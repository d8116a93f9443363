"""The list of lock-outs, and unlocking a name."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.urls import reverse

from qc.models import AuditEvent, EventKind, User
from tests.admin.conftest import act, change

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


def lock(name: str) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post(reverse("admin:login"), {"username": name, "password": "wrong"})


def test_manager_unlocks_a_person_by_a_button_on_their_page(
    mona_client: Client, mona: User, anna: User
) -> None:
    button = act(anna, "unlock")
    assert button not in mona_client.get(change(anna)).content.decode()
    lock("anna")
    assert status_of_sign_in("demo") == 429
    assert button in mona_client.get(change(anna)).content.decode()
    mona_client.post(button, {"_form_submitted": "True"})
    assert status_of_sign_in("demo") == 302
    event = AuditEvent.objects.get(kind=EventKind.UNLOCKED)
    assert (event.history_user, event.name) == (mona, "anna")


def test_manager_unlocks_nobody_whom_they_may_not_edit(
    mona_client: Client, otto: User, otto_client: Client, anna: User
) -> None:
    lock("otto")
    button = act(otto, "unlock")
    assert button not in mona_client.get(change(otto)).content.decode()
    mona_client.post(button, {"_form_submitted": "True"})
    otto_client.post(act(anna, "unlock"), {"_form_submitted": "True"})
    assert AccessAttempt.objects.filter(username="otto").exists()
    assert not AuditEvent.objects.filter(kind=EventKind.UNLOCKED).exists()
