"""What can do much harm asks people who are signed in to show once more who they are."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.utils import timezone

from qc.models import AuditEvent, EventKind, Role, User
from qc.web.proofs import PROVEN_AT
from tests import factors
from tests.admin.conftest import act, change, typed
from tests.conftest import group
from tests.databases import on_sqlite
from tests.factors import WRONG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("steady_codes"), on_sqlite]

PROVE, MINE = "/admin/prove/", "/admin/my-settings/"
REASON = {"_form_submitted": "True", "reason": "has left"}


def grow_old(client: Client, minutes: int = 6) -> Client:
    """Let the last proof of a session be so many minutes old."""
    session = client.session
    session[PROVEN_AT] -= timedelta(minutes=minutes).total_seconds()
    session.save()
    return client


def is_asked(answer: Any, back: str) -> bool:
    """Return whether an answer leads to the proof, and from there back to this page."""
    location = urlsplit(answer.headers.get("Location") or answer.headers.get("HX-Redirect", ""))
    return location.path == PROVE and parse_qs(location.query)["next"] == [back]


@pytest.fixture
def gone(anna: User) -> User:
    """Anna has left."""
    User.objects.filter(pk=anna.pk).update(is_active=False)
    anna.refresh_from_db()
    return anna


class TestProof:
    def test_by_password_leads_back_and_counts_for_minutes(
        self, anna: User, sign_in_client: Any
    ) -> None:
        client = grow_old(sign_in_client(anna))
        page = "/admin/second-factor/app/"
        assert is_asked(client.get(page), page)
        assert client.post(f"{PROVE}?next={page}", {"password": "demo"}).url == page
        assert client.get(page).status_code == 200
        assert is_asked(grow_old(client).get(page), page)

    def test_by_code_or_recovery_code(self, anna: User, sign_in_client: Any) -> None:
        factors.give_app(anna)
        for code in (factors.code(), factors.recovery_codes(anna)[0]):
            client = grow_old(sign_in_client(anna))
            assert client.post(f"{PROVE}?next={MINE}", {"code": code}).url == MINE
            assert client.session[PROVEN_AT] > timezone.now().timestamp() - 60

    def test_wrong_one_is_none_and_counts_for_the_lock_out(
        self, anna: User, sign_in_client: Any
    ) -> None:
        factors.give_app(anna)
        client = grow_old(sign_in_client(anna))
        for wrong in ({"password": "guess"}, {"code": WRONG}, {"credential": "{}"}):
            assert client.post(PROVE, wrong).status_code == 200
        assert AccessAttempt.objects.get().failures_since_start == 3
        assert is_asked(client.get("/admin/second-factor/app/"), "/admin/second-factor/app/")

    def test_who_guesses_on_is_locked_out(self, anna: User, sign_in_client: Any) -> None:
        client = grow_old(sign_in_client(anna))
        for _ in range(settings.AXES_FAILURE_LIMIT):
            answer = client.post(PROVE, {"password": "guess"})
        assert answer.status_code == 429
        assert client.post(PROVE, {"password": "demo"}).status_code == 429
        assert AuditEvent.objects.filter(kind=EventKind.LOCKED_OUT, name="anna").exists()

    def test_code_proves_nothing_for_who_has_no_second_factor(
        self, anna: User, ben: User, sign_in_client: Any
    ) -> None:
        factors.give_app(ben)
        client = grow_old(sign_in_client(anna))
        assert client.post(PROVE, {"code": factors.code()}).status_code == 200
        assert is_asked(client.get("/admin/second-factor/app/"), "/admin/second-factor/app/")

    def test_leads_to_no_other_site(self, anna: User, sign_in_client: Any) -> None:
        client = sign_in_client(anna)
        answer = client.post(f"{PROVE}?next=https://example.com/", {"password": "demo"})
        assert answer.url == "/admin/"

    def test_who_has_neither_is_told_to_sign_in_again(
        self, anna: User, sign_in_client: Any
    ) -> None:
        anna.set_unusable_password()
        anna.save(update_fields=["password"])
        client = grow_old(sign_in_client(anna))
        assert "Sign out and sign in again" in client.get(PROVE).content.decode()
        assert client.post(PROVE, {"password": ""}).status_code == 200

    def test_is_for_who_is_signed_in(self, db: None) -> None:
        assert Client().get(PROVE).url.startswith("/admin/login/")


class TestRights:
    def save(self, client: Client, person: User, **changes: Any) -> Any:
        url = change(person)
        values = typed(client, url) | changes
        return client.post(url, values, headers={"Referer": f"http://testserver{url}"})

    def roles(self, person: User) -> set[str]:
        return set(person.groups.values_list("name", flat=True))

    def test_other_roles_ask_and_save_nothing_before(self, anna: User, root_client: Client) -> None:
        roles = [group(Role.MANAGERS).pk]
        answer = self.save(grow_old(root_client), anna, roles=roles, first_name="Anna")
        assert is_asked(answer, change(anna))
        anna.refresh_from_db()
        assert (self.roles(anna), anna.first_name) == ({Role.QC_STAFF}, "")
        root_client.post(f"{PROVE}?next={change(anna)}", {"password": "demo"})
        self.save(root_client, anna, roles=roles)
        assert self.roles(anna) == {Role.MANAGERS}

    def test_superuser_flag_asks(self, anna: User, root_client: Client) -> None:
        assert is_asked(self.save(grow_old(root_client), anna, is_superuser="on"), change(anna))
        assert not User.objects.get(pk=anna.pk).is_superuser

    def test_anything_else_of_an_account_does_not(self, anna: User, root_client: Client) -> None:
        self.save(grow_old(root_client), anna, first_name="Anna")
        assert User.objects.get(pk=anna.pk).first_name == "Anna"


class TestDialogs:
    @pytest.mark.parametrize("name", ["ask_to_anonymise", "anonymise", "reset_second_factor"])
    def test_ask_before_they_open_and_when_they_are_sent(
        self, gone: User, root_client: Client, name: str
    ) -> None:
        grow_old(root_client)
        there = {"HX-Request": "true", "Referer": f"http://testserver{change(gone)}"}
        opened = root_client.get(act(gone, name), headers=there)
        assert opened.status_code == 204
        assert is_asked(opened, change(gone))
        assert is_asked(root_client.post(act(gone, name), REASON, headers=there), change(gone))
        assert gone.history.filter(kind__startswith="erasure").count() == 0

    def test_go_on_after_the_proof(self, gone: User, root_client: Client) -> None:
        grow_old(root_client).post(PROVE, {"password": "demo"})
        root_client.post(act(gone, "ask_to_anonymise"), REASON)
        assert gone.history.filter(kind="erasure asked").exists()

    def test_taking_back_harms_nobody_and_asks_nothing(
        self, gone: User, root_client: Client
    ) -> None:
        root_client.post(act(gone, "ask_to_anonymise"), REASON)
        grow_old(root_client).post(act(gone, "keep_names"), REASON)
        assert gone.history.filter(kind="erasure dropped").exists()
