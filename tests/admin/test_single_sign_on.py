"""People sign in by an OpenID provider, whose groups give the roles; nobody gets another's account.

The provider is a real one, on this machine.
"""

from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from axes.models import AccessAttempt
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from config.single_sign_on import Provider
from qc.admin.sign_in import identities
from qc.audit import erasure, invariants
from qc.audit.sentences import plain_sentence
from qc.audit.trail import row_of
from qc.models import AuditEvent, ChangeKind, Queue, SignIn, Task, User
from tests.admin.test_password_links import choose, make_link
from tests.databases import on_sqlite
from tests.factors import give_app
from tests.oidc import (
    CALLBACK,
    SIGN_IN,
    RunningProvider,
    begin,
    query,
    running_provider,
    sign_in,
)

pytestmark = [pytest.mark.django_db, on_sqlite]

EVA = {
    "preferred_username": "eva",
    "given_name": "Eva",
    "family_name": "Ek",
    "groups": ["checkers"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: RunningProvider, settings: Any) -> RunningProvider:
    """Northgate, who knows Eva, a checker."""
    settings.QC_OIDC = running.settings()
    running.knows("e-1", **EVA, email="eva@northgate.example")
    return running


def text(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def link(person: User, provider: RunningProvider, subject: str, mona: Client) -> Any:
    """Open the link that a manager made for somebody, and sign in by the provider there."""
    client = Client()
    page = client.get(client.get(make_link(mona, person)).url)
    address = begin(client, link=page.context["link"])
    return client.get(provider.answer(address, {"sub": subject}))


def roles(person: User) -> set[str]:
    return set(person.groups.values_list("name", flat=True))


def test_first_sign_in_makes_an_account_with_its_role_and_gives_work(
    provider: RunningProvider, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    invoices.open_to_all = True
    invoices.save()
    add_task(invoices)
    client = Client()
    assert b"Sign in with Northgate" in client.get(reverse("admin:login")).content
    assert sign_in(provider, "e-1", client).url == reverse("admin:index")
    eva = User.objects.get(username="eva")
    assert (eva.first_name, eva.last_name, eva.email) == ("Eva", "Ek", "eva@northgate.example")
    assert (eva.is_staff, eva.is_superuser, eva.has_usable_password()) == (True, False, False)
    assert roles(eva) == {"QC staff"}
    assert Task.objects.get().assignee == eva
    assert client.get(reverse("admin:my_work")).status_code == 200
    made = eva.history.earliest("pk")
    assert (made.history_type, made.history_change_reason) == ("+", "first sign-in by Northgate")
    assert [row.group.name for row in made.groups.all()] == ["QC staff"]
    # What the provider knows is not kept, nor what opens it.
    account = SocialAccount.objects.get()
    assert (account.extra_data, len(account.uid)) == ({}, 64)
    assert not SocialToken.objects.exists()
    assert list(invariants.broken()) == []


def test_session_is_listed_and_in_the_trail(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    begun = AuditEvent.objects.get(kind="session begun")
    assert (begun.name, begun.address) == ("eva", "127.0.0.1")
    assert find_event("session begun").endswith(", from 127.0.0.1, by single sign-on")
    assert SignIn.objects.get().person.username == "eva"


def test_way_there_has_pkce_and_a_state_that_is_of_use_once(provider: RunningProvider) -> None:
    client = Client()
    address = begin(client)
    asked = query(address)
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    back = provider.answer(address, {"sub": "e-1"})
    # In another browser it is of no use.
    elsewhere = Client().get(back)
    assert elsewhere.status_code == 400
    assert "begun too long ago, or in another browser" in text(elsewhere)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400
    assert Client().get(CALLBACK).status_code == 400
    assert User.objects.count() == 1


def test_button_needs_a_form_of_ours(provider: RunningProvider) -> None:
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(SIGN_IN).status_code == 403
    assert careful.get(SIGN_IN).url == reverse("admin:login")
    # Nothing in the address changes what the provider is asked for.
    more = "?process=connect&scope=admin&auth_params=prompt%3Dnone&action=reauthenticate"
    client = Client()
    page = client.post(SIGN_IN + more)
    assert b"admin" not in page.context["address"].split("scope=")[1].split("&")[0].encode()
    assert query(page.context["address"])["prompt"] == "login"


def test_sign_in_leads_on_to_the_page_that_was_wanted(provider: RunningProvider) -> None:
    for wanted, page in (("/admin/my-settings/", "/admin/my-settings/"), ("//x.example/", None)):
        client = Client()
        address = begin(client, next=wanted)
        answer = client.get(provider.answer(address, {"sub": "e-1"}))
        assert answer.url == (page or reverse("admin:index"))


def test_provider_asks_who_it_is_unless_a_session_has_just_ended(
    provider: RunningProvider,
) -> None:
    client = Client()
    assert query(begin(client))["prompt"] == "login"
    sign_in(provider, "e-1", client)
    # Who is in already shows that it is still them.
    session = client.session
    session["qc_proven_at"] = 0
    session.save()
    address = begin(client, next="/admin/my-settings/")
    assert query(address)["prompt"] == "login"
    answer = client.get(provider.answer(address, {"sub": "e-1"}))
    assert answer.url == "/admin/my-settings/"
    assert client.session["qc_proven_at"] > 0
    client.session.flush()
    assert "prompt" not in query(begin(client))
    sign_in(provider, "e-1", client)
    client.post(reverse("admin:logout"), {"known": ""})
    assert query(begin(client))["prompt"] == "login"


def test_question_about_who_is_still_here_comes_after_the_provider(
    provider: RunningProvider, anna: User
) -> None:
    client = Client()
    client.force_login(anna)
    assert sign_in(provider, "e-1", client).url == reverse("admin:still_here")
    assert client.session["_auth_user_id"] == str(anna.pk)
    client.post(reverse("admin:still_here"), {"sign_out": "yes"})
    assert client.session["_auth_user_id"] == str(User.objects.get(username="eva").pk)


def test_second_factor_at_the_provider_is_enough_where_one_is_demanded(
    provider: RunningProvider, settings: Any
) -> None:
    settings.QC_SECOND_FACTOR = "all"
    client = Client()
    sign_in(provider, "e-1", client)
    assert client.get(reverse("admin:my_work")).url == reverse("mfa_index")
    provider.knows("e-1", **EVA, amr=["pwd", "mfa"])
    sign_in(provider, "e-1", client)
    assert client.get(reverse("admin:my_work")).status_code == 200


def test_who_has_no_password_shows_by_the_provider_that_it_is_still_them(
    provider: RunningProvider, settings: Any
) -> None:
    client = Client()
    sign_in(provider, "e-1", client)
    again = reverse("account_reauthenticate")
    page = client.get(again, {"next": "/admin/my-settings/"})
    assert "Sign in with Northgate" in text(page)
    assert 'value="/admin/my-settings/"' in text(page)
    settings.QC_OIDC = None
    assert "Sign out and sign in again" in text(client.get(again))


def test_provider_that_asked_long_ago_proves_nothing_anew(provider: RunningProvider) -> None:
    provider.knows("e-1", **EVA, auth_time=1_000_000_000)
    client = Client()
    sign_in(provider, "e-1", client)
    assert is_in(client)
    assert client.session["qc_proven_at"] == 1_000_000_000


def test_second_factor_of_an_account_is_asked_for_whatever_the_provider_says(
    provider: RunningProvider,
) -> None:
    provider.knows("e-1", **EVA, amr=["pwd", "mfa"])
    sign_in(provider, "e-1")
    assert AuditEvent.objects.get(kind="session begun").details["proofs"] == ["provider_mfa"]
    give_app(User.objects.get(username="eva"))
    client = Client()
    assert sign_in(provider, "e-1", client).url == reverse("mfa_authenticate")
    assert not is_in(client)


def test_repeated_sign_in_writes_nothing_about_the_account(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    eva = User.objects.get(username="eva")
    rows = eva.history.count()
    client = Client()
    back = provider.answer(begin(client), {"sub": "e-1"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(back)
    statements = [one["sql"] for one in queries]
    writes = [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]
    tables = [sql.split('"')[1] for sql in writes]
    assert eva.history.count() == rows
    assert tables.count("qc_user") == 1, "the time of the sign-in"
    assert {"qc_user_groups", "qc_historicaluser", "account_emailaddress"}.isdisjoint(tables)
    # Providers are in the settings, not in a table.
    assert not [one for one in statements if "socialaccount_socialapp" in one]
    assert not SocialApp.objects.exists()


def test_changed_names_are_taken_over_with_history(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    provider.knows("e-1", **EVA | {"family_name": "Berg", "given_name": "x" * 200}, email="no")
    sign_in(provider, "e-1")
    eva = User.objects.get(username="eva")
    # What fits no column, or is no address, changes nothing.
    assert (eva.first_name, eva.last_name, eva.email) == ("Eva", "Berg", "eva@northgate.example")
    row = eva.history.filter(kind="", history_type="~").get()
    assert (row.history_user, row.history_change_reason) == (None, "as Northgate says")


def test_changed_groups_change_roles_and_return_work(
    provider: RunningProvider, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    invoices.open_to_all = True
    invoices.save()
    add_task(invoices)
    first = Client()
    sign_in(provider, "e-1", first)
    assert Task.objects.get().assignee is not None
    provider.knows("e-1", **EVA | {"groups": ["audit", "canteen"]})
    second = Client()
    sign_in(provider, "e-1", second)
    eva = User.objects.get(username="eva")
    assert roles(eva) == {"Auditors"}
    assert Task.objects.get().assignee is None
    assert second.get(reverse("admin:trail")).status_code == 200
    assert first.get(reverse("admin:trail")).status_code == 302
    row = eva.history.get(kind=ChangeKind.ROLES_CHANGED)
    assert row.history_user is None
    assert row.history_change_reason == "Roles: QC staff → Auditors; as Northgate says"
    assert list(invariants.broken()) == []


def test_who_has_no_group_of_ours_any_more_loses_roles_and_does_not_come_in(
    provider: RunningProvider,
) -> None:
    first = Client()
    sign_in(provider, "e-1", first)
    provider.knows("e-1", preferred_username="eva")
    answer = sign_in(provider, "e-1")
    assert (answer.status_code, "You have no role yet." in text(answer)) == (403, True)
    assert roles(User.objects.get(username="eva")) == set()
    assert not is_in(first) or first.get(reverse("admin:my_work")).status_code == 302
    failed = find_event("sign-in failed")
    assert (
        failed == "Somebody failed to sign in as eva, from 127.0.0.1, by single sign-on (no role)"
    )


def find_event(kind: str) -> str:
    row, _before = row_of("event", AuditEvent.objects.get(kind=kind).pk)
    return plain_sentence(row)


@pytest.mark.parametrize("name", ["anna", "Anna", "ａｎｎａ", "an\u200bna"])
def test_name_at_the_provider_gives_nobody_an_existing_account(
    provider: RunningProvider, anna: User, name: str
) -> None:
    provider.knows("x-1", preferred_username=name, groups=["checkers"], email="anna@n.example")
    client = Client()
    answer = sign_in(provider, "x-1", client)
    assert (answer.status_code, "There is an account" in text(answer)) == (403, True)
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.filter(username__startswith="a").count() == 1


def test_account_without_a_password_is_nobodys_by_its_name(
    provider: RunningProvider, anna: User
) -> None:
    User.objects.filter(pk=anna.pk).update(password="!")
    provider.knows("x-1", preferred_username="anna", groups=["leads"])
    assert sign_in(provider, "x-1").status_code == 403
    assert not SocialAccount.objects.exists()


def test_link_of_a_manager_connects_an_account(
    provider: RunningProvider, anna: User, mona_client: Client
) -> None:
    provider.knows("a-1", preferred_username="a.andersson", groups=["checkers"])
    before = Client()
    before.force_login(anna)
    assert link(anna, provider, "a-1", mona_client).url == reverse("admin:index")
    row = anna.history.get(kind=ChangeKind.IDENTITY_LINKED)
    assert (row.history_user, row.history_change_reason) == (anna, "Northgate")
    assert before.get(reverse("admin:my_work")).status_code == 302, "as a new password ends it"
    # From now on without a link, whatever the provider calls her.
    provider.knows("a-1", preferred_username="eva", groups=["checkers"])
    client = Client()
    sign_in(provider, "a-1", client)
    assert client.session["_auth_user_id"] == str(anna.pk)
    # The next link is for somebody else at the provider: the first one is out.
    provider.knows("a-2", preferred_username="anna", groups=["checkers"])
    assert link(anna, provider, "a-2", mona_client).status_code == 302
    assert SocialAccount.objects.get().user == anna
    assert list(invariants.broken()) == []


def test_link_is_of_no_use_twice_or_for_who_has_another_account(
    provider: RunningProvider, anna: User, ben: User, mona_client: Client
) -> None:
    client, late = Client(), Client()
    made = make_link(mona_client, anna)
    for one in (client, late):
        page = one.get(one.get(made).url)
    which = page.context["link"]
    there = begin(late, link=which)
    provider.knows("a-1", preferred_username="anna", groups=["checkers"])
    client.get(provider.answer(begin(client, link=which), {"sub": "a-1"}))
    assert is_in(client)
    answer = late.get(provider.answer(there, {"sub": "e-1"}))
    assert (answer.status_code, "no longer valid" in text(answer)) == (403, True)
    other = link(ben, provider, "a-1", mona_client)
    assert (other.status_code, "The link is for “ben”" in text(other)) == (403, True)
    # Who opened no link gets no account by naming one.
    assert begin(Client(), link=which)
    assert SocialAccount.objects.get().user == anna


def test_who_comes_twice_at_once_gets_one_account(
    provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, others = identities._add, Client()

    def come_first(identity: identities.Identity) -> User:
        monkeypatch.setattr(identities, "_add", add)
        sign_in(provider, "e-1", others)
        raise IntegrityError

    monkeypatch.setattr(identities, "_add", come_first)
    client = Client()
    assert sign_in(provider, "e-1", client).status_code == 302
    assert is_in(client)
    assert User.objects.filter(username="eva").count() == 1


def test_inactive_account_is_refused_in_words(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    eva = User.objects.get(username="eva")
    eva.is_active = False
    eva.save(update_fields=["is_active"])
    answer = sign_in(provider, "e-1")
    assert (answer.status_code, "“eva” is deactivated" in text(answer)) == (403, True)


def test_unknown_people_are_refused_where_no_accounts_are_made(
    provider: RunningProvider, settings: Any
) -> None:
    settings.QC_OIDC = provider.settings(creates_accounts=False)
    answer = sign_in(provider, "e-1")
    assert (answer.status_code, "no such account here yet" in text(answer)) == (403, True)
    assert find_event("sign-in failed").startswith("Somebody failed to sign in as unknown name ")
    settings.QC_OIDC = provider.settings()
    provider.knows("o-1", preferred_username="no name", groups=["checkers"])
    assert "can't be a name here" in text(sign_in(provider, "o-1"))
    provider.knows("o-2", groups=["checkers"])
    assert sign_in(provider, "o-2").status_code == 403
    assert not User.objects.filter(is_staff=True).exists()


def test_groups_leave_superusers_alone_and_make_none(
    provider: RunningProvider, root: User, root_client: Client
) -> None:
    provider.knows("r-1", preferred_username="root", groups=["superusers", "audit"])
    assert link(root, provider, "r-1", root_client).status_code == 302
    root.refresh_from_db()
    assert (root.is_superuser, roles(root)) == (True, set())


def test_without_groups_roles_are_given_here(
    provider: RunningProvider, settings: Any, anna: User, mona_client: Client
) -> None:
    settings.QC_OIDC = provider.settings(roles=(), creates_accounts=False)
    provider.knows("a-1", preferred_username="anna", groups=["leads"])
    assert link(anna, provider, "a-1", mona_client).status_code == 302
    assert roles(anna) == {"QC staff"}


def test_cancelling_leads_to_a_page_of_ours(provider: RunningProvider) -> None:
    client = Client()
    answer = client.get(provider.answer(begin(client), {"action": "deny"}))
    assert (answer.status_code, "Northgate was cancelled" in text(answer)) == (403, True)
    assert not is_in(client)


def test_provider_that_is_away_or_somebody_else_gets_nobody_in(
    provider: RunningProvider, settings: Any
) -> None:
    client = Client()
    back = provider.answer(begin(client), {"sub": "e-1"})
    for issuer in ("http://localhost:9", f"{provider.issuer}/"):
        settings.QC_OIDC = Provider(issuer, "qc-desk", "not-very-secret")
        answer = Client().post(SIGN_IN)
        assert (answer.status_code, "SSO can't be reached" in text(answer)) == (503, True)
    assert client.get(back).status_code == 503
    assert not User.objects.filter(username="eva").exists()


def test_without_a_provider_nothing_is_there(settings: Any) -> None:
    assert settings.QC_OIDC is None
    assert b"sso" not in Client().get(reverse("admin:login")).content
    for path in (SIGN_IN, CALLBACK):
        assert Client().get(path).status_code == 404
        assert Client().post(path).status_code == 404


def test_passwords_are_taken_nowhere_once_they_are_off(
    provider: RunningProvider, settings: Any, anna: User, mona_client: Client
) -> None:
    settings.QC_PASSWORD_FORM = False
    page = Client().get(reverse("admin:login")).content
    assert b"Sign in with Northgate" in page
    assert b'name="password"' not in page
    form = {"username": "anna", "password": "demo"}
    answer = Client().post(reverse("admin:login"), form)
    assert (answer.status_code, "Passwords are not used here." in text(answer)) == (403, True)
    assert APIClient().post("/login/", form).status_code == 403
    assert choose(make_link(mona_client, anna)).status_code == 403
    assert b"Change password" not in mona_client.get(reverse("admin:my_settings")).content
    provider.knows("a-1", preferred_username="anna", groups=["checkers"])
    assert link(anna, provider, "a-1", mona_client).status_code == 302


def test_manager_reads_that_the_provider_decides_roles(
    provider: RunningProvider, anna: User, mona_client: Client
) -> None:
    page = mona_client.get(reverse("admin:qc_user_change", args=[anna.pk]))
    assert "Northgate decides the roles" in text(page)


def test_anonymising_takes_the_way_in(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    eva = User.objects.get(username="eva")
    erasure._clear_records(eva, None)
    assert not SocialAccount.objects.exists()


def test_lock_out_of_passwords_does_not_hinder_the_provider(provider: RunningProvider) -> None:
    sign_in(provider, "e-1")
    locked = {"username": "eva", "ip_address": "127.0.0.1", "failures_since_start": 100}
    AccessAttempt.objects.create(**locked, attempt_time=timezone.now())
    form = {"username": "eva", "password": "demo"}
    assert Client().post(reverse("admin:login"), form).status_code == 429
    client = Client()
    assert sign_in(provider, "e-1", client).status_code == 302
    assert is_in(client)
