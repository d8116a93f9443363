"""The pages of service tokens, and what pages of people say about their accounts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import get_token_model
from rest_framework.test import APIClient

from qc import permissions
from qc.admin.sign_in import identities, new_password
from qc.audit import invariants
from qc.models import AuditEvent, EventKind, Queue, Role, Scope, ServiceToken, Task, User
from qc.models.service_tokens import digest_of
from qc.web.proofs import PROVEN_AT
from qc.work import sweep
from tests.admin.conftest import act, change, typed
from tests.databases import on_sqlite
from tests.service_tokens import make
from tests.test_translations import visible_text

pytestmark = [pytest.mark.django_db, on_sqlite]

ADD = reverse("admin:qc_servicetoken_add")
LIST = reverse("admin:qc_servicetoken_changelist")


@pytest.fixture
def erp(root: User) -> ServiceToken:
    token, _secret = make(root, Scope.READ_TASKS, name="ERP")
    return token


def filled_in(client: Client, **values: Any) -> dict[str, Any]:
    """Return what the form of a new token sends."""
    return typed(client, ADD) | {"name": "erp", "scopes": ["tasks:read"]} | values


def secret_in(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.context["secret"])


def text_of(answer: Any) -> str:
    return visible_text(answer.content.decode())


def test_list_leads_to_the_description_of_the_api(root_client: Client) -> None:
    page = root_client.get(LIST)
    assert "All calls of the API" in text_of(page)
    # In the menu, and above the list.
    assert page.content.decode().count('href="/api/docs"') == 2


class TestMaking:
    def test_shows_the_secret_once_with_a_line_to_try_it(self, root_client: Client) -> None:
        values = {"scopes": ["tasks:read", "tasks:write"], "networks": "10.1.0.0/16\r\n\r\nfd00::7"}
        answer = root_client.post(ADD, filled_in(root_client, **values))
        secret = secret_in(answer)
        token = ServiceToken.objects.get()
        assert token.has_secret(digest_of(secret))
        assert f"Authorization: Bearer {secret}&quot; http://testserver/" in answer.content.decode()
        assert token.networks == ["10.1.0.0/16", "fd00::7/128"]
        assert token.scopes == ["tasks:read", "tasks:write"]
        assert (token.name, token.created_by.username) == ("erp", "root")
        for page in (LIST, change(token), act(token, "new_secret")):
            assert secret.rpartition("_")[2] not in root_client.get(page).content.decode()

    def test_presets_a_year(self, root_client: Client) -> None:
        root_client.post(ADD, filled_in(root_client))
        left = ServiceToken.objects.get().expires_at - timezone.now()
        assert timedelta(days=365) <= left <= timedelta(days=366)

    @pytest.mark.parametrize(
        ("values", "field", "text"),
        [
            ({"scopes": []}, "scopes", "This field is required."),
            ({"scopes": ["tasks:all"]}, "scopes", "tasks:all"),
            ({"name": "ROOT"}, "name", "already exists"),
            ({"name": "two words"}, "name", "valid username"),
            ({"last_day": "2001-01-01"}, "last_day", "This day is over."),
            ({"last_day": "2999-01-01"}, "last_day", "within two years"),
            ({"networks": "10.0.0.0/8\nhere"}, "networks", "“here” is no network"),
            ({"networks": "10.0.0.1/8"}, "networks", "“10.0.0.1/8” is no network"),
        ],
    )
    def test_names_the_field_that_is_wrong(
        self, root_client: Client, values: dict[str, Any], field: str, text: str
    ) -> None:
        answer = root_client.post(ADD, filled_in(root_client, **values))
        errors = answer.context["adminform"].form.errors
        assert list(errors) == [field]
        assert text in errors[field][0]
        assert not ServiceToken.objects.exists()

    def test_takes_a_new_proof_of_who_it_is(self, root_client: Client) -> None:
        sent = filled_in(root_client)
        session = root_client.session
        session[PROVEN_AT] -= 3600
        session.save()
        answer = root_client.post(ADD, sent)
        assert answer.url.startswith(reverse("account_reauthenticate"))
        assert not ServiceToken.objects.exists()


class TestList:
    def test_says_what_each_may_do_and_when_it_was_used(
        self, root_client: Client, erp: ServiceToken
    ) -> None:
        ServiceToken.objects.update(last_used_at=timezone.now(), last_used_address="192.0.2.1")
        text = text_of(root_client.get(LIST))
        assert "ERP active tasks:read" in text
        assert "just now , 192.0.2.1" in text
        assert "within 14 days" not in text

    def test_warns_of_those_that_expire_soon(self, root_client: Client, root: User) -> None:
        make(root, Scope.READ_TASKS, name="soon", life=timedelta(days=13))
        make(root, Scope.READ_TASKS, name="later", life=timedelta(days=15))
        make(root, Scope.READ_TASKS, name="over", life=timedelta(days=-1))
        text = text_of(root_client.get(LIST))
        assert "soon expires within 14 days." in text
        for shown in ("soon expires soon", "over expired", "later active"):
            assert shown in text


class TestChanging:
    def test_is_in_the_audit_trail(self, root_client: Client, erp: ServiceToken) -> None:
        sent = typed(root_client, change(erp)) | {"scopes": ["tasks:write"], "networks": "10.0.0.1"}
        assert root_client.post(change(erp), sent).status_code == 302
        erp.refresh_from_db()
        assert (erp.scopes, erp.networks) == (["tasks:write"], ["10.0.0.1/32"])
        text = text_of(root_client.get(reverse("admin:trail"), {"person": "ERP"}))
        assert "root changed the service token ERP: scopes tasks:read → tasks:write" in text
        assert root_client.get(act(erp, "history")).url.endswith("?person=ERP")

    def test_of_nothing_leaves_no_event(self, root_client: Client, erp: ServiceToken) -> None:
        before = AuditEvent.objects.filter(kind=EventKind.SERVICE_TOKEN_CHANGED).count()
        root_client.post(change(erp), typed(root_client, change(erp)))
        assert AuditEvent.objects.filter(kind=EventKind.SERVICE_TOKEN_CHANGED).count() == before

    def test_gives_a_new_secret_and_time_to_take_it_over(
        self, root_client: Client, erp: ServiceToken
    ) -> None:
        assert "ends at once" in text_of(root_client.get(act(erp, "new_secret")))
        secret = secret_in(root_client.post(act(erp, "new_secret"), {"grace": "4"}))
        old = erp.digest
        erp.refresh_from_db()
        assert (erp.has_secret(digest_of(secret)), erp.old_digest) == (True, old)
        assert erp.old_until is not None
        assert erp.old_until - timezone.now() > timedelta(hours=3)
        [event] = AuditEvent.objects.filter(kind=EventKind.SERVICE_TOKEN_RENEWED)
        assert (event.name, event.details) == ("ERP", {"hours": 4})

    def test_ends_with_revoking(self, root_client: Client, erp: ServiceToken) -> None:
        sent = {"_form_submitted": "True", "reason": "Stolen."}
        root_client.post(act(erp, "revoke"), sent)
        erp.refresh_from_db()
        assert erp.revoked_at is not None
        page = root_client.get(change(erp))
        assert "by root, " in text_of(page)
        assert act(erp, "revoke") not in page.content.decode()
        assert root_client.post(change(erp), {"scopes": ["tasks:write"]}).status_code == 403
        trail = text_of(root_client.get(reverse("admin:trail"), {"person": "ERP"}))
        assert "root revoked the service token ERP: Stolen." in trail


class TestAccount:
    """Nobody signs in to it, by whatever way."""

    def test_has_no_password_even_where_one_was_stored(
        self, client: Client, erp: ServiceToken
    ) -> None:
        erp.account.set_password("demo")
        User.objects.filter(pk=erp.account_id).update(password=erp.account.password)
        known = {"username": "ERP", "password": "demo"}
        assert client.post(reverse("admin:login"), known).status_code == 200
        assert APIClient().post("/login/", known).status_code == 401
        assert "_auth_user_id" not in client.session

    def test_gets_no_link_for_one(self, root_client: Client, erp: ServiceToken, rf: Any) -> None:
        page = reverse("admin:auth_user_password_change", args=[erp.account_id])
        assert root_client.post(page).status_code == 403
        sent = {"action": "invite_selected", "_selected_action": [erp.account_id]}
        answer = root_client.post(reverse("admin:qc_user_changelist"), sent, follow=True)
        assert "Nobody of these waits for an invitation" in text_of(answer)
        link = new_password.link_for(rf.get("/"), erp.account)
        assert "This link is not valid" in Client().get(link, follow=True).content.decode()

    def test_can_begin_no_session(self, client: Client, erp: ServiceToken) -> None:
        with pytest.raises(PermissionDenied):
            client.force_login(erp.account)

    def test_has_no_token_of_a_person(self, erp: ServiceToken) -> None:
        _issued, token = get_token_model().objects.create(user=erp.account)
        caller = APIClient()
        caller.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        assert caller.get("/dashbord/").status_code == 401

    def test_is_connected_with_no_single_sign_on(self, erp: ServiceToken, settings: Any) -> None:
        identity = identities.Identity({"iss": "https://idp", "sub": "1"})
        with pytest.raises(identities.Refused):
            identities.person_of(identity, erp.account)

    @pytest.mark.parametrize("column", ["is_staff", "is_superuser"])
    def test_is_kept_off_the_pages_by_the_database(self, erp: ServiceToken, column: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=erp.account_id).update(**{column: True})

    def test_is_edited_by_nobody(self, root: User, mona: User, erp: ServiceToken) -> None:
        assert not permissions.may_edit_account(root, erp.account)
        assert not permissions.may_edit_account(mona, erp.account)
        assert permissions.edited_by(root, [erp.account]) == set()
        assert permissions.steered_by(root, [erp.account, mona]) == {
            erp.account_id,
            root.pk,
            mona.pk,
        }
        assert permissions.steered_by(mona, [erp.account]) == {mona.pk}
        assert erp.account not in User.objects.staff_accounts()

    def test_is_not_changed_by_a_file(self, root_client: Client, erp: ServiceToken) -> None:
        file = SimpleUploadedFile("people.csv", b"username,roles\nERP,Managers\n")
        answer = root_client.post(
            reverse("admin:qc_user_import"), {"import_file": file, "format": "0"}
        )
        assert "You may not edit this account." in text_of(answer)

    def test_is_not_anonymised(self, root_client: Client, erp: ServiceToken) -> None:
        User.objects.filter(pk=erp.account_id).update(is_active=False)
        sent = {"_form_submitted": "True", "reason": "Gone."}
        answer = root_client.post(act(erp.account, "ask_to_anonymise"), sent)
        assert "Revoke it instead." in text_of(answer)

    def test_is_shown_as_a_machine_and_can_be_left_out(
        self, mona_client: Client, mona: User, erp: ServiceToken
    ) -> None:
        people = reverse("admin:qc_user_changelist")
        assert "ERP service token" in text_of(mona_client.get(people))
        assert "ERP" not in text_of(mona_client.get(people, {"account": "people"}))
        only = text_of(mona_client.get(people, {"account": "machines"}))
        assert ("ERP service token" in only, "mona -" in only) == (True, False)
        page = mona_client.get(change(erp.account))
        assert (page.status_code, "ERP (service token)" in text_of(page)) == (200, True)

    def test_does_qc_only_with_the_scope_for_it(self, root: User, erp: ServiceToken) -> None:
        steers, _secret = make(root, Scope.WRITE_TASKS, name="planner")
        scans, _secret = make(root, Scope.COMPLETE, name="scanner")
        assert set(User.objects.doing_qc()) == {scans.account}
        assert steers.roles == {Role.MANAGERS}

    def test_gets_no_task_before_it_has_signed_in(
        self, root: User, invoices: Queue, add_task: Callable[..., Task]
    ) -> None:
        scanner, _secret = make(root, Scope.COMPLETE, name="scanner")
        invoices.people.add(scanner.account)
        task = add_task(invoices)
        sweep.sweep()
        task.refresh_from_db()
        assert task.assignee is None

    def test_breaks_no_invariant(self, root: User, erp: ServiceToken) -> None:
        assert list(invariants.broken()) == []
