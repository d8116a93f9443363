"""Whom managers sign out and send on breaks: QC staff. All others steer themselves."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.core.exceptions import NotAllowed
from qc.models import ChangeKind, Queue, Role, User
from qc.work import actions, presence
from tests.admin.conftest import act, change, signed_in
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

STEPS = ("sign_out", "take_break", "come_back")
ANSWER = {"_form_submitted": "True", "reason": "Go home."}
OTHERS = [Role.MANAGERS, Role.AUDITORS]


@pytest.fixture
def rita(invoices: Queue, request: pytest.FixtureRequest) -> User:
    """Somebody of another role, who works on Invoices if she may, and is at it."""
    rita = person("rita", request.param)
    invoices.people.add(rita)
    signed_in(rita)
    return rita


@pytest.mark.parametrize("rita", OTHERS, indirect=True)
def test_manager_neither_signs_out_nor_pauses_somebody_of_another_role(
    mona_client: Client, rita: User, sign_in_client: Any
) -> None:
    ritas = sign_in_client(rita)
    before = rita.history.count()
    for step in STEPS:
        answer = mona_client.post(act(rita, step), ANSWER)
        assert "You may not edit this account." in answer.content.decode()
    assert rita.history.count() == before
    assert ritas.get(reverse("admin:my_settings")).status_code == 200


@pytest.mark.parametrize("rita", OTHERS, indirect=True)
def test_neither_floor_nor_page_offers_it(mona_client: Client, rita: User, anna: User) -> None:
    signed_in(anna)
    floor = mona_client.get(reverse("admin:floor")).content.decode()
    pages = floor + mona_client.get(change(rita)).content.decode()
    for step in ("sign_out", "take_break"):
        assert act(rita, step) not in pages
        assert act(anna, step) in floor


@pytest.mark.parametrize("rita", [Role.MANAGERS], indirect=True)
def test_superuser_steers_everybody_and_everybody_themselves(
    root_client: Client, rita: User
) -> None:
    assert act(rita, "sign_out") in root_client.get(reverse("admin:floor")).content.decode()
    root_client.post(act(rita, "sign_out"), ANSWER)
    assert rita.history.latest().kind == ChangeKind.SIGNED_OUT
    signed_in(rita)
    assert presence.take_break(rita.pk, by=rita, reason="Lunch").break_reason == "Lunch"
    assert actions.come_back(rita.pk, by=rita).takes_work


def test_qc_staff_steer_nobody_else(anna: User, ben: User) -> None:
    signed_in(ben)
    with pytest.raises(NotAllowed, match="Only a manager"):
        presence.sign_out(ben.pk, by=anna, reason="Go home.")
