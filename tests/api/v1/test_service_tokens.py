"""Service tokens on /api/v1/: who comes in by one, and what it may do there."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, get_resolver, resolve
from django.utils import timezone
from django.utils.regex_helper import normalize
from rest_framework.test import APIClient

from qc.api.v1.base import V1View
from qc.audit import service_tokens
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed
from qc.models import (
    AuditEvent,
    ChangeKind,
    EventKind,
    Queue,
    Role,
    Scope,
    ServiceToken,
    Task,
    User,
)
from qc.models.service_tokens import digest_of, roles_for
from qc.work import actions, presence
from tests.conftest import person
from tests.databases import on_sqlite
from tests.service_tokens import client, make
from tests.test_translations import visible_text

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
DAY = timedelta(days=1)
INVALID = "Invalid token."


def refusals() -> list[str]:
    kind = EventKind.SERVICE_TOKEN_REFUSED
    return [one.details["refused"] for one in AuditEvent.objects.filter(kind=kind).order_by("pk")]


def answer_of(secret: str, path: str, **sent: Any) -> tuple[int, str]:
    answer = client(secret).get(path, **sent)
    return answer.status_code, answer.json().get("detail", "")


@pytest.fixture
def erp(root: User) -> tuple[ServiceToken, str]:
    return make(root, Scope.READ_TASKS, name="ERP")


class TestSecret:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token"])
    def test_lets_the_system_in_by_either_name_of_the_scheme(
        self, erp: tuple[ServiceToken, str], call: str, scheme: str
    ) -> None:
        answer = client(erp[1], scheme).get(call)
        assert (answer.status_code, answer.json()) == (200, {"caller": "ERP"})

    def test_is_read_with_account_and_rights_as_one_statement(
        self, erp: tuple[ServiceToken, str], call: str
    ) -> None:
        caller = client(erp[1])
        caller.get(call)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert caller.get(call).status_code == 200
        assert len([one for one in found if "qc_servicetoken" in one["sql"]]) == 1
        assert len(found) == 1

    def test_is_stored_nowhere(self, erp: tuple[ServiceToken, str]) -> None:
        token, secret = erp
        stored = str(ServiceToken.objects.values().get(pk=token.pk))
        events = str(list(AuditEvent.objects.values()))
        part = secret.rpartition("_")[2]
        assert part not in stored + events + repr(vars(token))
        assert digest_of(secret) not in events

    def test_of_a_stolen_database_signs_nobody_in(
        self, erp: tuple[ServiceToken, str], call: str
    ) -> None:
        token, _secret = erp
        stored = ServiceToken.objects.get(pk=token.pk)
        for stolen in (stored.digest, f"qcd_{stored.key}", f"qcd_{stored.key}_{stored.digest}"):
            assert answer_of(stolen, call)[0] == 401
        assert refusals() == []

    def test_is_compared_in_constant_time_to_now_and_before(
        self, erp: tuple[ServiceToken, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[tuple[str, str]] = []
        monkeypatch.setattr(
            "qc.models.service_tokens.compare_digest",
            lambda *texts: bool(compared.append(texts)),
        )
        assert not erp[0].has_secret("f" * 64)
        assert compared == [(erp[0].digest, "f" * 64), (erp[0].old_digest, "f" * 64)]

    @pytest.mark.parametrize("text", ["qcd_", "qcd_x", "qcd_ä_ö", "qcd_" + "a" * 5000, "qcd__"])
    def test_that_is_none_is_refused_like_a_wrong_one(self, db: None, call: str, text: str) -> None:
        caller = APIClient()
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {text}".encode())
        answer = caller.get(call)
        assert (answer.status_code, answer.json()["detail"]) == (401, INVALID)
        assert answer["WWW-Authenticate"] == "Bearer"


@on_sqlite
class TestCaller:
    @pytest.mark.parametrize("path", ["/dashbord/", "/api/imports/", "/logout/"])
    def test_comes_in_nowhere_else(self, erp: tuple[ServiceToken, str], path: str) -> None:
        for scheme in ("Bearer", "Token"):
            assert client(erp[1], scheme).post(path).status_code == 401

    def test_without_any_token_is_a_problem_of_401(self, db: None, call: str) -> None:
        answer = APIClient().get(call)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"

    def test_is_refused_with_the_same_words_whatever_is_wrong(self, root: User, call: str) -> None:
        asked = {}
        expired, asked["expired"] = make(root, Scope.READ_TASKS, name="a")
        ServiceToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
        revoked, asked["revoked"] = make(root, Scope.READ_TASKS, name="b")
        service_tokens.revoke(revoked.pk, by=root, reason="Lost.")
        off, asked["deactivated"] = make(root, Scope.READ_TASKS, name="c")
        User.objects.filter(pk=off.account_id).update(is_active=False)
        _there, asked["address"] = make(root, Scope.READ_TASKS, name="d", networks=("10.1.0.0/16",))
        _known, known = make(root, Scope.READ_TASKS, name="e")
        asked["wrong secret"] = f"{known[:-1]}{'a' if known[-1] != 'a' else 'b'}"
        asked["unknown"] = f"qcd_{'z' * 10}_{'z' * 40}"
        found = {why: answer_of(secret, call) for why, secret in asked.items()}
        assert set(found.values()) == {(401, INVALID)}
        assert refusals() == ["expired", "revoked", "deactivated", "address"]

    def test_that_is_refused_again_and_again_leaves_one_event(self, root: User, call: str) -> None:
        _there, secret = make(root, Scope.READ_TASKS, networks=("10.1.0.0/16",))
        for _ in range(3):
            answer_of(secret, call, REMOTE_ADDR="192.0.2.9")
        [event] = AuditEvent.objects.filter(kind=EventKind.SERVICE_TOKEN_REFUSED)
        assert (event.name, event.address) == ("erp", "192.0.2.9")

    @pytest.mark.parametrize(
        ("address", "status"),
        [
            ("10.1.2.3", 200),
            ("::ffff:10.1.2.3", 200),
            ("fd00::7", 200),
            ("10.2.0.1", 401),
            ("fd00:1::7", 401),
            ("", 401),
            ("/run/qc.sock", 401),
        ],
    )
    def test_must_come_from_an_allowed_network(
        self, root: User, call: str, address: str, status: int
    ) -> None:
        _token, secret = make(root, Scope.READ_TASKS, networks=("10.1.0.0/16", "fd00::/64"))
        assert answer_of(secret, call, REMOTE_ADDR=address)[0] == status

    def test_is_noted_with_its_address_once_a_minute(
        self, erp: tuple[ServiceToken, str], call: str
    ) -> None:
        token, secret = erp
        answer_of(secret, call, REMOTE_ADDR="192.0.2.1")
        answer_of(secret, call, REMOTE_ADDR="192.0.2.2")
        token.refresh_from_db()
        assert token.last_used_address == "192.0.2.1"
        ServiceToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
        answer_of(secret, call, REMOTE_ADDR="192.0.2.2")
        token.refresh_from_db()
        assert token.last_used_address == "192.0.2.2"


@on_sqlite
class TestScopes:
    @pytest.mark.parametrize("scope", list(Scope))
    def test_open_the_methods_that_need_them_and_no_other(
        self, root: User, call: str, scope: Scope
    ) -> None:
        caller = client(make(root, scope)[1])
        for method, needed in (("get", Scope.READ_TASKS), ("post", Scope.COMPLETE)):
            answer = getattr(caller, method)(call)
            assert answer.status_code == (200 if needed == scope else 403)
            if needed != scope:
                assert needed.value in answer.json()["detail"]

    def test_open_nothing_that_names_none(self, root: User, call: str) -> None:
        answer = client(make(root, *Scope)[1]).delete(call)
        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("This call is for people only")
        assert answer["Content-Type"] == "application/problem+json"

    def test_do_not_hide_that_there_is_no_such_method(self, root: User, call: str) -> None:
        assert client(make(root, *Scope)[1]).patch(call).status_code == 405

    def test_are_no_matter_for_people(self, root: User, call: str) -> None:
        mona = APIClient()
        mona.force_authenticate(person("mona", Role.MANAGERS))
        assert mona.delete(call).status_code == 200

    def test_decide_the_roles(self) -> None:
        assert roles_for(["tasks:write"]) == {Role.MANAGERS}
        assert roles_for(["tasks:complete"]) == {Role.QC_STAFF}
        for scope in ("tasks:read", "people:read", "reports:read", "trail:read"):
            assert roles_for([scope]) == {Role.AUDITORS}
        assert roles_for([]) == set()

    def test_are_refused_by_name_on_each_address_by_each_method(
        self, root: User, call: str
    ) -> None:
        without = {
            scope: client(make(root, *(set(Scope) - {scope}), name=scope.name)[1])
            for scope in Scope
        }
        everything = client(make(root, *Scope)[1])
        tried = set()
        for path, view in addresses_in(get_resolver().url_patterns):
            for method in set(view.http_method_names) - {"options", "head"}:
                if not hasattr(view, method):
                    continue
                needed = view.scopes.get(method.upper())
                answer = getattr(without[needed] if needed else everything, method)(path)
                said = answer.json()["detail"]
                assert answer.status_code == 403, (path, method, said)
                assert (needed.value if needed else "for people only") in said, (path, method)
                tried.add(needed)
        assert {Scope.READ_TASKS, Scope.WRITE_TASKS, Scope.COMPLETE, None} <= tried

    def test_are_all_that_views_name(self) -> None:
        views = {view for _path, view in addresses_in(get_resolver("config.urls").url_patterns)}
        for view in views:
            methods = {name.upper() for name in view.http_method_names if hasattr(view, name)}
            assert set(view.scopes) <= methods - {"OPTIONS"}, view
            assert all(isinstance(one, Scope) for one in view.scopes.values()), view
            assert view.authentication_classes == V1View.authentication_classes, view


def addresses_in(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the addresses of /api/v1/, with 1 for each parameter that takes it, and their views."""
    for one in patterns:
        whole = before + one.pattern.regex.pattern.removeprefix("^")
        if hasattr(one, "url_patterns"):
            yield from addresses_in(one.url_patterns, whole)
        elif issubclass(getattr(one.callback, "cls", object), V1View):
            form, parameters = normalize(whole)[0]
            path = "/" + form % dict.fromkeys(parameters, "1")
            view = one.callback.cls
            # Some are open to each token, whatever its scopes.
            if not isinstance(view.scopes, property):
                with suppress(Resolver404):
                    yield resolve(path) and path, view


@on_sqlite
class TestChange:
    def test_of_scopes_gives_and_takes_roles_with_a_row_of_history(self, root: User) -> None:
        token, _secret = make(root, Scope.READ_TASKS)
        token.scopes = ["tasks:write"]
        service_tokens.change(token, by=root)
        account = User.objects.get(pk=token.account_id)
        assert [one.name for one in account.groups.all()] == [Role.MANAGERS]
        row = account.history.latest("history_id")
        assert row.kind == ChangeKind.ROLES_CHANGED
        assert row.history_change_reason == "Roles: Auditors → Managers"

    def test_of_nothing_leaves_no_event(self, root: User) -> None:
        token, _secret = make(root, Scope.READ_TASKS)
        before = AuditEvent.objects.count()
        service_tokens.change(ServiceToken.objects.get(pk=token.pk), by=root)
        assert AuditEvent.objects.count() == before

    def test_that_takes_the_work_away_returns_the_tasks(
        self, root: User, invoices: Queue, add_task: AddTask
    ) -> None:
        token = working(root, invoices, add_task)
        token.scopes = ["tasks:read"]
        [task] = service_tokens.change(token, by=root)
        task.refresh_from_db()
        account = User.objects.get(pk=token.account_id)
        assert (task.assignee, account.is_logged_in) == (None, False)
        assert not invoices.people.filter(pk=account.pk).exists()

    @pytest.mark.parametrize("role", [Role.MANAGERS, Role.AUDITORS])
    def test_is_for_superusers(self, root: User, role: Role) -> None:
        token, _secret = make(root, Scope.READ_TASKS)
        somebody = person("sam", role)
        for act in (
            lambda: make(somebody, Scope.READ_TASKS, name="x"),
            lambda: service_tokens.change(token, by=somebody),
            lambda: service_tokens.renew(token.pk, by=somebody),
            lambda: service_tokens.revoke(token.pk, by=somebody, reason="x"),
        ):
            with pytest.raises(NotAllowed):
                act()

    @pytest.mark.parametrize("name", ["mona", "MONA", "", "two words", "x" * 151])
    def test_of_a_name_that_can_t_be_one_is_refused(self, root: User, name: str) -> None:
        person("mona", Role.MANAGERS)
        with pytest.raises(InvalidInput) as refusal:
            make(root, Scope.READ_TASKS, name=name)
        assert refusal.value.field == "name"
        assert not ServiceToken.objects.exists()


def working(root: User, queue: Queue, add_task: AddTask) -> ServiceToken:
    """Return a token that is signed in and holds a task."""
    token, _secret = make(root, Scope.COMPLETE, name="scanner")
    queue.people.add(token.account)
    task = add_task(queue)
    presence.sign_in(token.account_id)
    actions.hand_out_to(token.account_id)
    task.refresh_from_db()
    assert task.assignee_id == token.account_id
    return token


@on_sqlite
class TestNewSecret:
    def test_ends_the_old_one_at_once(self, erp: tuple[ServiceToken, str], root: User) -> None:
        token, old = erp
        new = service_tokens.renew(token.pk, by=root)
        token.refresh_from_db()
        assert token.why_refused(digest_of(new), None) is None
        assert token.why_refused(digest_of(old), None) == "old secret"
        assert new.startswith(f"qcd_{token.key}_")

    def test_leaves_the_old_one_for_the_time_that_was_chosen(
        self, erp: tuple[ServiceToken, str], root: User, call: str
    ) -> None:
        token, old = erp
        new = service_tokens.renew(token.pk, by=root, grace=timedelta(hours=4))
        assert [answer_of(one, call)[0] for one in (old, new)] == [200, 200]
        ServiceToken.objects.update(old_until=timezone.now())
        assert [answer_of(one, call)[0] for one in (old, new)] == [401, 200]
        assert refusals() == ["old secret"]

    def test_ends_the_one_before_the_last_at_once(
        self, erp: tuple[ServiceToken, str], root: User, call: str
    ) -> None:
        token, first = erp
        for _ in range(2):
            service_tokens.renew(token.pk, by=root, grace=timedelta(hours=24))
        assert answer_of(first, call)[0] == 401

    @pytest.mark.parametrize("hours", [-1, 25])
    def test_has_a_grace_of_a_day_at_most(
        self, erp: tuple[ServiceToken, str], root: User, hours: int
    ) -> None:
        with pytest.raises(InvalidInput):
            service_tokens.renew(erp[0].pk, by=root, grace=timedelta(hours=hours))


@on_sqlite
class TestRevoking:
    def test_ends_it_returns_its_tasks_and_says_why(
        self, root: User, invoices: Queue, add_task: AddTask
    ) -> None:
        token = working(root, invoices, add_task)
        [task] = service_tokens.revoke(token.pk, by=root, reason="Stolen.")
        task.refresh_from_db()
        account = User.objects.get(pk=token.account_id)
        assert (task.assignee, account.is_logged_in, account.is_active) == (None, False, False)
        [event] = AuditEvent.objects.filter(kind=EventKind.SERVICE_TOKEN_REVOKED)
        assert (event.history_user, event.name) == (root, "scanner")
        assert event.details["reason"] == "Stolen."

    def test_needs_a_reason_and_happens_once(self, root: User) -> None:
        token, _secret = make(root, Scope.READ_TASKS)
        with pytest.raises(InvalidInput):
            service_tokens.revoke(token.pk, by=root, reason=" ")
        service_tokens.revoke(token.pk, by=root, reason="Lost.")
        with pytest.raises(InvalidTransition):
            service_tokens.revoke(token.pk, by=root, reason="Lost.")
        with pytest.raises(InvalidTransition):
            service_tokens.renew(token.pk, by=root)


class TestHistory:
    def test_names_the_account_and_pages_show_that_it_is_a_service_token(
        self, root: User, invoices: Queue, add_task: AddTask, call: str
    ) -> None:
        token, secret = make(root, Scope.WRITE_TASKS, name="ERP")
        task = add_task(invoices)
        assert client(secret).put(call, {"task": task.pk}).status_code == 200
        row = task.history.latest("history_id")
        assert (row.history_user, row.through) == (token.account, "api")
        pages = Client()
        pages.force_login(root)
        for path in (f"/admin/qc/task/{task.pk}/history/", "/admin/trail/"):
            assert "ERP (service token)" in pages.get(path).content.decode()
        trail = pages.get("/admin/trail/?person=ERP").content.decode()
        assert "ERP (service token) put QD-0001 on hold" in visible_text(trail)
        assert "root made the service token ERP" in visible_text(trail)
