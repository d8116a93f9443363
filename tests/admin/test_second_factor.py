"""A sign-in of somebody who has a second factor asks for it, once the password is right."""

from typing import Any

import pytest
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.test import Client
from django.urls import NoReverseMatch, reverse

from qc.admin.second_factor.code_page import MOST_WRONG
from qc.admin.sign_in import pending
from qc.audit import second_factors
from qc.models import AuditEvent, EventKind, User
from qc.work import presence
from tests import factors
from tests.databases import on_sqlite
from tests.factors import WRONG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("steady_codes"), on_sqlite]

LOGIN, CODE_PAGE, STILL_HERE = "/admin/login/", "/admin/sign-in/code/", "/admin/still-here/"
HOME = "/admin/my-work/"


@pytest.fixture
def anna(anna: User) -> User:
    """Anna has an app that shows codes, and recovery codes."""
    factors.give_app(anna)
    return anna


def enter(client: Client | None = None, name: str = "anna", page: str = HOME) -> Client:
    """Return a client that has given the right password."""
    client = client or Client()
    form = {"username": name, "password": "demo"}
    assert client.post(f"{LOGIN}?next={page}", form).status_code == 302
    return client


def answer(client: Client, code: str) -> Any:
    return client.post(CODE_PAGE, {"code": code})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def count(kind: EventKind) -> int:
    return AuditEvent.objects.filter(kind=kind, name="anna").count()


class TestCodePage:
    def test_password_alone_leads_there_and_nowhere_else(self, anna: User) -> None:
        client = Client()
        form = {"username": "anna", "password": "demo"}
        assert client.post(LOGIN, form).url == CODE_PAGE
        assert client.get(HOME).status_code == 302
        assert client.get(STILL_HERE).url == LOGIN
        assert not is_in(client)
        assert not AuditEvent.objects.exists()

    def test_code_of_the_app_signs_in_and_leads_on(self, anna: User) -> None:
        client = enter(page="/admin/my-settings/")
        assert "From your app, or a recovery code." in client.get(CODE_PAGE).content.decode()
        assert answer(client, factors.code()).url == "/admin/my-settings/"
        assert is_in(client)
        begun = AuditEvent.objects.get(kind=EventKind.SESSION_BEGUN)
        assert begun.details["proofs"] == ["password", "totp"]

    def test_clock_may_differ_by_one_code(self, anna: User) -> None:
        late, _now, early = factors.codes()
        assert answer(enter(), late).url == HOME
        assert answer(enter(), early).url == HOME

    def test_used_code_and_those_before_it_are_refused(self, anna: User) -> None:
        before, now, _after = factors.codes()
        answer(enter(), now)
        for code in (now, before):
            client = enter()
            assert answer(client, code).status_code == 200
            assert not is_in(client)

    def test_recovery_code_signs_in_once_with_an_event(self, anna: User) -> None:
        code = factors.recovery_codes(anna)[3]
        assert answer(enter(), f"{code[:4]} {code[4:]}").url == HOME
        used = AuditEvent.objects.get(kind=EventKind.RECOVERY_CODE_USED)
        assert (used.name, used.address) == ("anna", "127.0.0.1")
        assert answer(enter(), code).status_code == 200
        assert second_factors.overview(anna)[1] == 9

    def test_question_about_somebody_still_here_comes_after_the_code(
        self, anna: User, ben: User
    ) -> None:
        client = Client()
        client.force_login(ben)
        presence.sign_in(ben.pk)
        enter(client)
        assert client.get(STILL_HERE).url == LOGIN
        enter(client)
        assert answer(client, factors.code()).url == STILL_HERE
        assert client.session["_auth_user_id"] == str(ben.pk)
        client.post(STILL_HERE, {"sign_out": "yes"})
        assert client.session["_auth_user_id"] == str(anna.pk)
        begun = AuditEvent.objects.filter(kind=EventKind.SESSION_BEGUN).latest("pk")
        assert begun.details["proofs"] == ["password", "totp"]

    def test_it_comes_after_the_word_of_a_provider_too(self, anna: User, rf: Any) -> None:
        request = rf.get("/")
        request.session, request.user = SessionStore(), AnonymousUser()
        assert perform_login(request, Login(user=anna, redirect_url=HOME)).url == CODE_PAGE
        assert signing.loads(request.session[pending.KEY], salt=pending.SALT)["page"] == HOME

    def test_trail_says_by_what_somebody_signed_in(self, anna: User, otto_client: Client) -> None:
        answer(enter(), factors.code())
        trail = otto_client.get(reverse("admin:trail")).content.decode()
        assert ", from 127.0.0.1, by password, code of the app" in trail

    def test_password_alone_signs_in_who_has_none(self, ben: User) -> None:
        assert is_in(enter(name="ben"))
        assert AuditEvent.objects.get().details["proofs"] == ["password"]

    @pytest.mark.parametrize("data", [{}, {"secret": "plain, from elsewhere"}])
    def test_unreadable_secret_signs_nobody_in(self, anna: User, data: dict[str, str]) -> None:
        Authenticator.objects.update(data=data)
        client = enter()
        assert answer(client, factors.code()).status_code == 200
        assert not is_in(client)
        assert second_factors.overview(anna)[1] == 0

    def test_unreadable_key_keeps_nobody_from_their_code(self, anna: User) -> None:
        Authenticator.objects.create(user=anna, type="webauthn", data={"name": "old"})
        client = enter()
        assert client.get(CODE_PAGE).status_code == 200
        answer(client, factors.code())
        assert "old" in client.get("/admin/second-factor/").content.decode()

    @pytest.mark.parametrize("credential", ["", "{", "[]", "null", '{"id": 1}', "7"])
    def test_malformed_key_is_refused(self, anna: User, credential: str) -> None:
        client = enter()
        assert client.post(CODE_PAGE, {"credential": credential}).status_code == 200
        assert not is_in(client)


class TestWaiting:
    def test_lasts_minutes_whatever_is_tried_meanwhile(
        self, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = enter()
        answer(client, WRONG)
        begun = signing.loads(client.session[pending.KEY], salt=pending.SALT)["begun"]
        now = begun + pending.WAITS.total_seconds() + 1
        monkeypatch.setattr(pending.time, "time", lambda: now)
        assert answer(client, factors.code()).url == LOGIN
        assert "This took too long." in client.get(LOGIN).content.decode()
        assert not is_in(client)

    def test_ends_with_too_many_wrong_codes(self, anna: User) -> None:
        client = enter()
        for _ in range(MOST_WRONG - 1):
            assert answer(client, WRONG).status_code == 200
        assert answer(client, WRONG).url == LOGIN
        assert answer(client, factors.code()).url == LOGIN
        assert not is_in(client)

    def test_ends_with_the_access_of_its_person(self, anna: User) -> None:
        client = enter()
        User.objects.filter(pk=anna.pk).end_access()
        assert answer(client, factors.code()).url == LOGIN

    def test_there_is_none_without_a_password(self, anna: User) -> None:
        assert answer(Client(), factors.code()).url == LOGIN


class TestFailures:
    def test_count_with_wrong_passwords_and_are_events(self, anna: User) -> None:
        answer(enter(), WRONG)
        Client().post(LOGIN, {"username": "anna", "password": "wrong"})
        assert AccessAttempt.objects.get().failures_since_start == 2
        assert count(EventKind.SECOND_FACTOR_FAILED) == count(EventKind.SIGN_IN_FAILED) == 1

    def test_lock_out_also_with_the_right_code(self, anna: User) -> None:
        for _ in range(settings.AXES_FAILURE_LIMIT // MOST_WRONG):
            client = enter()
            for _ in range(MOST_WRONG):
                last = answer(client, WRONG)
        assert last.status_code == 429
        assert Client().post(LOGIN, {"username": "anna", "password": "demo"}).status_code == 429
        assert count(EventKind.LOCKED_OUT)

    def test_lock_of_the_name_refuses_the_right_code_of_who_waits(self, anna: User) -> None:
        client = enter()
        for _ in range(settings.AXES_FAILURE_LIMIT):
            Client().post(LOGIN, {"username": "anna", "password": "wrong"})
        assert answer(client, factors.code()).status_code == 429
        assert not is_in(client)

    def test_keep_nothing_of_what_was_typed(self, anna: User, sign_in_client: Any) -> None:
        answer(enter(), "48213377")
        form = {"old_password": "secret-1", "new_password1": "secret-2", "new_password2": "x"}
        sign_in_client(anna).post(reverse("admin:password_change"), form)
        kept = AccessAttempt.objects.values_list("post_data", flat=True)
        assert not any(typed in "".join(kept) for typed in ("48213377", "secret"))


def test_secrets_are_encrypted_also_by_an_older_key(anna: User, settings: Any) -> None:
    kept = Authenticator.objects.get(user=anna, type="totp")
    assert factors.SECRET not in str(kept.data)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert second_factors.use_code(anna, factors.code(), {}) == "totp"


@pytest.mark.parametrize("name", ["signup", "email", "reset_password", "change_password"])
def test_no_other_page_of_allauth_can_be_reached(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(f"account_{name}")
