"""People set up and remove their second factors; some must have one, and superusers reset them."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from knox.models import AuthToken

from qc.audit import second_factors
from qc.models import AuditEvent, EventKind, SignIn, User
from tests import factors
from tests.admin.conftest import act, change
from tests.databases import on_sqlite
from tests.factors import WRONG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("steady_codes"), on_sqlite]

INDEX, APP = "/admin/second-factor/", "/admin/second-factor/app/"
KEY, CODES = "/admin/second-factor/key/", "/admin/second-factor/codes/"
MINE = "/admin/my-settings/"


def enter(name: str) -> Client:
    client = Client()
    client.post("/admin/login/", {"username": name, "password": "demo"})
    return client


def set_up(client: Client) -> Any:
    """Add an app as its page says; return the answer."""
    page = client.get(APP).content.decode()
    secret = re.search(r"data-secret>(\w+)<", page)
    assert secret is not None
    assert "data:image/svg+xml;base64," in page
    return client.post(APP, {"code": factors.code(secret[1])})


def latest(kind: EventKind) -> AuditEvent:
    found: AuditEvent = AuditEvent.objects.filter(kind=kind).latest("pk")
    return found


class TestSetUp:
    def test_app_is_added_with_an_event_and_codes_that_are_shown_once(self, anna: User) -> None:
        client = enter("anna")
        assert set_up(client).url == CODES
        page = client.get(CODES).content.decode()
        codes = factors.recovery_codes(anna)
        assert len(codes) == 10
        assert all(f"<code>{code}</code>" in page for code in codes)
        assert client.get(CODES).url == INDEX
        added = latest(EventKind.SECOND_FACTOR_ADDED)
        assert (added.name, added.address, added.details["factor"]) == ("anna", "127.0.0.1", "totp")
        assert "10 recovery codes are left" in client.get(MINE).content.decode()

    def test_wrong_code_adds_nothing_and_keeps_the_secret(self, anna: User) -> None:
        client = enter("anna")
        client.get(APP)
        secret = client.session["mfa.totp.secret"]
        assert client.post(APP, {"code": WRONG}).status_code == 200
        assert client.session["mfa.totp.secret"] == secret
        assert not second_factors.has_one(anna)

    def test_code_of_the_set_up_signs_nobody_in(self, anna: User) -> None:
        client = enter("anna")
        client.get(APP)
        code = factors.code(client.session["mfa.totp.secret"])
        client.post(APP, {"code": code})
        assert "mfa.totp.secret" not in client.session
        assert second_factors.use_code(anna, code, {}) == ""

    def test_second_app_is_refused(self, anna: User) -> None:
        client = enter("anna")
        client.get(APP)
        factors.give_app(anna)
        answer = client.post(APP, {"code": factors.code(client.session["mfa.totp.secret"])})
        assert answer.url == INDEX
        assert Authenticator.objects.filter(user=anna, type="totp").count() == 1

    def test_other_sessions_and_tokens_end_and_this_one_goes_on(self, anna: User) -> None:
        other, client = enter("anna"), enter("anna")
        AuthToken.objects.create(anna)
        set_up(client)
        assert client.get(MINE).status_code == 200
        assert other.get(MINE).status_code == 302
        assert not AuthToken.objects.exists()
        assert SignIn.objects.valid().get().person == anna

    def test_new_recovery_codes_end_those_before(self, anna: User, sign_in_client: Any) -> None:
        factors.give_app(anna)
        client = sign_in_client(anna)
        old = factors.recovery_codes(anna)
        assert client.post(CODES).url == CODES
        assert latest(EventKind.RECOVERY_CODES_MADE).name == "anna"
        assert not set(old) & set(factors.recovery_codes(anna))
        assert client.get(CODES).status_code == 200

    def test_malformed_key_is_refused(self, anna: User) -> None:
        client = enter("anna")
        assert "key-options" in client.get(KEY).content.decode()
        for credential in ("", "{", "[]", '{"id": 1}', "7"):
            assert client.post(KEY, {"credential": credential}).status_code == 200
        assert not Authenticator.objects.exists()


class TestRename:
    @pytest.fixture
    def key(self, anna: User) -> Authenticator:
        return Authenticator.objects.create(
            user=anna, type=second_factors.KEY, data={"name": "Blue key", "credential": {}}
        )

    def rename(self, client: Client, key: Authenticator) -> None:
        assert client.post(f"{INDEX}{key.pk}/", {"name": "Red key"}).url == INDEX

    def test_is_an_event_once(self, anna: User, key: Authenticator, sign_in_client: Any) -> None:
        client = sign_in_client(anna)
        self.rename(client, key)
        self.rename(client, key)
        key.refresh_from_db()
        assert key.data["name"] == "Red key"
        assert AuditEvent.objects.filter(kind=EventKind.SECOND_FACTOR_RENAMED).count() == 1
        assert latest(EventKind.SECOND_FACTOR_RENAMED).name == "anna"


class TestRemoval:
    @pytest.fixture
    def app(self, anna: User) -> Authenticator:
        return factors.give_app(anna)

    def test_of_the_last_one_takes_the_recovery_codes_too(
        self, anna: User, app: Authenticator, sign_in_client: Any
    ) -> None:
        client = sign_in_client(anna)
        assert client.post(f"{INDEX}{app.pk}/", {"remove": "yes"}).status_code == 302
        assert not Authenticator.objects.exists()
        assert latest(EventKind.SECOND_FACTOR_REMOVED).details["factor"] == "totp"
        assert client.get(MINE).status_code == 200

    def test_of_the_last_one_is_refused_who_must_have_one(
        self, anna: User, app: Authenticator, sign_in_client: Any, settings: Any
    ) -> None:
        settings.QC_SECOND_FACTOR = "all"
        client = sign_in_client(anna)
        client.post(f"{INDEX}{app.pk}/", {"remove": "yes"})
        assert "add another one first" in client.get(INDEX).content.decode()
        assert second_factors.has_one(anna)

    def test_of_somebody_elses_is_not_found(
        self, app: Authenticator, ben: User, sign_in_client: Any
    ) -> None:
        assert sign_in_client(ben).post(f"{INDEX}{app.pk}/", {"remove": "yes"}).status_code == 404
        assert Authenticator.objects.filter(pk=app.pk).exists()


class TestDemand:
    @pytest.mark.parametrize(
        ("demanded", "name", "is_due"),
        [
            ("off", "mona", False),
            ("managers", "anna", False),
            ("managers", "mona", True),
            ("managers", "otto", True),
            ("managers", "root", True),
            ("all", "anna", True),
        ],
    )
    def test_is_by_role(
        self,
        anna: User,
        mona: User,
        otto: User,
        root: User,
        settings: Any,
        demanded: str,
        name: str,
        *,
        is_due: bool,
    ) -> None:
        settings.QC_SECOND_FACTOR = demanded
        client = enter(name)
        answer = client.get(MINE)
        assert (answer.status_code == 302 and answer.url == INDEX) is is_due

    def test_leads_to_the_set_up_and_nowhere_else_before(self, mona: User, settings: Any) -> None:
        settings.QC_SECOND_FACTOR = "managers"
        client = enter("mona")
        assert "Set one up to go on." in client.get(INDEX).content.decode()
        part = client.get("/admin/floor/", headers={"HX-Request": "true"})
        assert (part.status_code, part["HX-Redirect"]) == (204, INDEX)
        assert client.get("/admin/qc/user/").url == INDEX
        refused = client.get("/dashbord/")
        assert refused.status_code == 403
        assert "must have a second factor" in refused.json()["detail"]
        assert client.post("/admin/logout/").status_code == 200

    def test_ends_with_the_set_up(self, mona: User, settings: Any) -> None:
        settings.QC_SECOND_FACTOR = "managers"
        client = enter("mona")
        set_up(client)
        assert client.get(CODES).status_code == 200
        assert client.get(MINE).status_code == 200

    def test_costs_no_statement_in_a_session(self, mona: User, settings: Any) -> None:
        client = enter("mona")
        counts = []
        for demanded in ("off", "all"):
            settings.QC_SECOND_FACTOR = demanded
            client.get("/admin/alive/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/admin/alive/")
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestReset:
    @pytest.fixture
    def app(self, anna: User) -> Authenticator:
        return factors.give_app(anna)

    def reset(self, client: Client, person: User) -> Any:
        form = {"_form_submitted": "True", "reason": "lost her phone"}
        return client.post(act(person, "reset_second_factor"), form)

    def test_by_a_superuser_removes_all_and_ends_access(
        self, anna: User, app: Authenticator, root_client: Client
    ) -> None:
        AuthToken.objects.create(anna)
        assert "authenticator app" in root_client.get(change(anna)).content.decode()
        self.reset(root_client, anna)
        assert not Authenticator.objects.exists()
        assert not AuthToken.objects.exists()
        event = latest(EventKind.SECOND_FACTOR_RESET)
        assert (event.name, event.history_user.username) == ("anna", "root")
        assert (event.details["reason"], event.address) == ("lost her phone", "127.0.0.1")

    def test_by_the_console_needs_a_reason(self, anna: User, app: Authenticator) -> None:
        with pytest.raises(CommandError):
            call_command("reset_second_factor", "anna", reason=" ")
        call_command("reset_second_factor", "anna", reason="called from home")
        assert not Authenticator.objects.exists()
        assert latest(EventKind.SECOND_FACTOR_RESET).history_user is None

    def test_is_for_superusers_only(
        self, anna: User, app: Authenticator, mona_client: Client
    ) -> None:
        assert self.reset(mona_client, anna).status_code == 403
        assert "Reset second factor" not in mona_client.get(change(anna)).content.decode()
        assert second_factors.has_one(anna)

    def test_is_offered_where_there_is_something_to_reset(
        self, anna: User, ben: User, app: Authenticator, root_client: Client
    ) -> None:
        assert "Reset second factor" in root_client.get(change(anna)).content.decode()
        assert "Reset second factor" not in root_client.get(change(ben)).content.decode()


def test_people_see_their_pages_only_signed_in(db: None) -> None:
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes"):
        assert Client().get(reverse(name)).url.startswith("/admin/login/")
