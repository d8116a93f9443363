"""Anonymising takes two superusers and a day between, and pages show who asked for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from qc import history
from qc.audit import erasure_requests, invariants
from qc.models import ChangeKind, User
from tests.admin.conftest import act, change
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

ANSWERS = {"_form_submitted": "True", "reason": "left in May"}
BUTTONS = ("ask_to_anonymise", "anonymise", "keep_names")


@pytest.fixture
def leaver(anna: User) -> User:
    anna.is_active = False
    history.save(anna, kind="", by=None, fields=["is_active"])
    return anna


@pytest.fixture
def second_client(sign_in_client: Any) -> Client:
    """Another superuser."""
    return sign_in_client(person("second", is_superuser=True))


def offered(client: Client, one: User) -> set[str]:
    page = client.get(change(one)).content.decode()
    return {name for name in BUTTONS if act(one, name) in page}


def name_of(one: User) -> str:
    return User.objects.get(pk=one.pk).username


def a_day_later() -> None:
    """Move the request a day into the past."""
    asked = User.history.filter(kind=ChangeKind.ERASURE_ASKED)
    asked.update(history_date=timezone.now() - timedelta(hours=24))


def test_two_superusers_anonymise_a_person_with_a_day_between(
    root_client: Client, second_client: Client, mona_client: Client, leaver: User
) -> None:
    assert offered(root_client, leaver) == {"ask_to_anonymise"}
    root_client.post(act(leaver, "ask_to_anonymise"), ANSWERS)
    for client in (root_client, second_client, mona_client):
        page = client.get(change(leaver)).content.decode()
        assert "root asked for it (" in page
        assert "left in May" in page
    # Who asked never confirms, and nobody does so at once.
    assert offered(second_client, leaver) == {"keep_names"}
    early = second_client.post(act(leaver, "anonymise"), ANSWERS).content.decode()
    assert "It can be confirmed from" in early
    a_day_later()
    assert offered(root_client, leaver) == {"keep_names"}
    own = root_client.post(act(leaver, "anonymise"), ANSWERS).content.decode()
    assert "Somebody other than who asked for it must confirm it." in own
    assert name_of(leaver) == "anna"
    assert offered(second_client, leaver) == {"keep_names", "anonymise"}
    second_client.post(act(leaver, "anonymise"), ANSWERS)
    assert name_of(leaver) == f"leaver-{leaver.pk}"
    assert offered(second_client, leaver) == set()
    log = apps.get_model("admin", "LogEntry").objects
    assert not log.filter(object_repr="anna").exists()
    page = root_client.get("/admin/trail/").content.decode()
    assert "asked to anonymise the account" in page
    assert "anonymised the account" in page
    assert list(invariants.broken()) == []


def test_either_takes_it_back_and_it_must_be_asked_for_anew(
    root_client: Client, second_client: Client, leaver: User
) -> None:
    for client in (root_client, second_client):
        root_client.post(act(leaver, "ask_to_anonymise"), ANSWERS)
        a_day_later()
        client.post(act(leaver, "keep_names"), ANSWERS)
        assert leaver.history.first().kind == ChangeKind.ERASURE_DROPPED
        refused = second_client.post(act(leaver, "anonymise"), ANSWERS).content.decode()
        assert "Nobody has asked to anonymise anna." in refused
    assert name_of(leaver) == "anna"


def test_a_request_lapses_when_the_person_comes_back(root: User, leaver: User) -> None:
    erasure_requests.make(leaver.pk, by=root, reason="left")
    for is_active in (True, False):
        leaver.is_active = is_active
        history.save(leaver, kind="", by=None, fields=["is_active"])
    assert erasure_requests.request_of(leaver) is None


@pytest.mark.parametrize("button", BUTTONS)
def test_managers_and_auditors_neither_ask_nor_confirm_nor_take_back(
    mona_client: Client, otto_client: Client, root: User, leaver: User, button: str
) -> None:
    if button != "ask_to_anonymise":
        erasure_requests.make(leaver.pk, by=root, reason="left")
        a_day_later()
    rows = leaver.history.count()
    for client in (mona_client, otto_client):
        assert offered(client, leaver) == set()
        assert client.post(act(leaver, button), ANSWERS).status_code == 403
    assert (name_of(leaver), leaver.history.count()) == ("anna", rows)


def test_an_active_person_is_not_asked_for(root_client: Client, anna: User) -> None:
    refused = root_client.post(act(anna, "ask_to_anonymise"), ANSWERS).content.decode()
    assert "anna is still active: deactivate the account first." in refused
    assert erasure_requests.request_of(anna) is None
