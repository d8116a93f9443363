"""A terminal that several people share: nobody is signed out, nor loses work, without a word."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from qc.admin.sign_in import pending
from qc.admin.sign_in.terminal import COOKIE
from qc.models import Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

QUESTION = "/admin/still-here/"


@pytest.fixture
def task(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """The only task, which waits."""
    return add_task(invoices, reference="INV-1")


def enter(client: Client, name: str, password: str = "demo", page: str = "") -> Any:
    """Sign in with the form."""
    address = reverse("admin:login") + (f"?next={page}" if page else "")
    return client.post(address, {"username": name, "password": password})


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def signed_in_here(client: Client) -> str:
    """Return who the session belongs to."""
    pk = client.session.get(SESSION_KEY)
    return User.objects.get(pk=pk).username if pk else ""


def test_signing_in_over_a_session_asks_and_then_returns_the_task(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    enter(client, "anna")
    answer = enter(client, "ben", page="/admin/my-settings/")
    assert answer.url == QUESTION
    question = words(client.get(QUESTION))
    assert "<strong>anna</strong> is still signed in here with <strong>INV-1</strong>." in question
    assert signed_in_here(client) == "anna"
    assert client.post(QUESTION, {"sign_out": "yes"}).url == "/admin/my-settings/"
    assert signed_in_here(client) == "ben"
    task.refresh_from_db()
    anna.refresh_from_db()
    assert (task.assignee, anna.is_logged_in) == (ben, False)
    row = anna.history.filter(kind="signed out").get()
    assert row.history_change_reason == "ben signed in at the same terminal"


def test_going_back_leaves_everything_as_it_was(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    enter(client, "anna")
    enter(client, "ben")
    client.post(QUESTION, {"go_back": "yes"})
    assert signed_in_here(client) == "anna"
    assert Task.objects.get().assignee == anna
    assert client.post(QUESTION, {"sign_out": "yes"}).url == reverse("admin:login")
    assert signed_in_here(client) == "anna"


def test_person_whose_session_is_gone_is_asked_about_while_they_hold_a_task(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    enter(client, "anna")
    client.session.flush()
    assert enter(client, "ben").url == QUESTION
    assert "is still signed in here with <strong>INV-1</strong>" in words(client.get(QUESTION))
    client.post(QUESTION, {"sign_out": "yes"})
    assert signed_in_here(client) == "ben"
    assert Task.objects.get().assignee == ben


def test_nothing_is_told_without_a_valid_password(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    enter(client, "anna")
    client.session.flush()
    assert "anna" not in words(enter(client, "ben", "wrong"))
    assert client.get(QUESTION).url == reverse("admin:login")


def test_nobody_is_asked_about_without_a_task_or_after_signing_in_elsewhere(
    client: Client, anna: User, ben: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    enter(client, "anna")
    client.session.flush()
    assert enter(client, "ben").url == "/admin/"
    client.session.flush()
    actions.sign_out(anna.pk, by=anna, reason="signed out")
    enter(client, "anna")
    client.session.flush()
    enter(Client(), "anna")  # at another terminal, where the task reaches them
    actions.sign_out(ben.pk, by=ben, reason="signed out")
    add_task(invoices)
    actions.hand_out_to(anna.pk)
    assert enter(client, "ben").url == "/admin/"


def test_same_person_signs_in_again_without_a_question(
    client: Client, task: Task, anna: User
) -> None:
    enter(client, "anna")
    assert enter(client, "anna").url == "/admin/"


def test_signing_out_forgets_who_was_here(client: Client, anna: User) -> None:
    enter(client, "anna")
    assert client.cookies[COOKIE]["httponly"]
    assert client.cookies[COOKIE]["samesite"] == "Lax"
    client.post(reverse("admin:logout"))
    assert client.cookies[COOKIE].value == ""


def test_cookie_is_sent_through_https_only(client: Client, anna: User, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    enter(client, "anna")
    assert client.cookies[COOKIE]["secure"]


def test_forged_cookie_names_nobody(client: Client, task: Task, anna: User, ben: User) -> None:
    actions.sign_in(anna.pk)
    client.cookies[COOKIE] = f"{anna.pk}/2099-01-01T00:00:00+00:00"
    assert enter(client, "ben").url == "/admin/"


def test_question_expires(
    client: Client, task: Task, anna: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(client, "anna")
    enter(client, "ben")
    monkeypatch.setattr(pending, "WAITS", timedelta(seconds=-1))
    assert client.post(QUESTION, {"sign_out": "yes"}).url == reverse("admin:login")
    assert signed_in_here(client) == "anna"


def test_question_is_void_after_a_new_password(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    enter(client, "anna")
    enter(client, "ben")
    ben.set_password("another one")
    ben.save()
    assert client.post(QUESTION, {"sign_out": "yes"}).url == reverse("admin:login")
    assert signed_in_here(client) == "anna"


def test_other_sessions_of_the_person_signed_out_end(
    client: Client, task: Task, anna: User, ben: User
) -> None:
    elsewhere = Client()
    enter(elsewhere, "anna")
    enter(client, "anna")
    enter(client, "ben")
    client.post(QUESTION, {"sign_out": "yes"})
    assert elsewhere.get("/admin/my-work/").url.startswith(reverse("admin:login"))


def test_signing_out_with_a_started_task_asks_first(client: Client, task: Task, anna: User) -> None:
    enter(client, "anna")
    actions.start(task.pk, by=anna)
    answer = client.post(reverse("admin:logout"))
    assert "<strong>INV-1</strong> is started, here or on another device." in words(answer)
    assert signed_in_here(client) == "anna"
    known = f'name="known" value="{task.pk}"'
    assert known in words(answer)
    client.post(reverse("admin:logout"), {"known": str(task.pk)})
    assert signed_in_here(client) == ""
    assert Task.objects.get().assignee is None


def test_signing_out_without_a_started_task_asks_nothing(
    client: Client, task: Task, anna: User
) -> None:
    enter(client, "anna")
    assert "You are signed out." in words(client.post(reverse("admin:logout")))
    assert Task.objects.get().assignee is None
