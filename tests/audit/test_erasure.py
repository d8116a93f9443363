"""Anonymising somebody who left removes their names everywhere, and every seal stays valid."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from knox.models import get_token_model

from qc import history
from qc.audit import erasure, erasure_requests, invariants
from qc.audit.seals import sealing
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed
from qc.history import consistency, events
from qc.history.registry import TABLES
from qc.models import AuditEvent, EventKind, Queue, Task, User
from qc.work import actions, presence
from tests import factors
from tests.audit.leavers import anonymise, superuser
from tests.audit.tampering import all_violations, change, execute_sql, violated_rows
from tests.conftest import person

NAMES = {"first_name": "Anna", "last_name": "Lundqvist", "email": "a.lundqvist@example.org"}
pytestmark = pytest.mark.usefixtures("seal_at_once")


@pytest.fixture
def leaver(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> User:
    """Anna has worked, been renamed, mistyped her password; others looked for her. Now she left."""
    for name, value in NAMES.items():
        setattr(anna, name, value)
    history.save(anna, kind="", by=mona, fields=list(NAMES))
    add_task(invoices)
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    anna.refresh_from_db()
    fail_to_sign_in("ANNA")
    rename(anna, "lundqvist")
    for name in ("a.Lundqvist@example.org", "lundqvist", "eve"):
        fail_to_sign_in(name)
    events.record(EventKind.READ, by=mona, filters={"person": "lundqvist", "kind": "held"})
    AccessAttempt.objects.create(
        username="Lundqvist", ip_address="192.0.2.7", failures_since_start=1
    )
    get_token_model().objects.create(user=anna)
    actions.sign_out(anna.pk, by=mona, reason="left")
    anna.refresh_from_db()
    anna.is_active = False
    history.save(anna, kind="", by=mona, fields=["is_active"])
    sealing.seal()
    return anna


@pytest.fixture
def root(db: None) -> User:
    return superuser("root")


def fail_to_sign_in(name: str) -> AuditEvent:
    events.record(EventKind.SIGN_IN_FAILED, name=name, address="192.0.2.7")
    return AuditEvent.objects.latest("pk")


def rename(one: User, name: str) -> None:
    one.username = name
    history.save(one, kind="", by=None, fields=["username"])


def all_stored_text() -> str:
    """Return all that the tables say which could name somebody."""
    models = [*TABLES.values(), User, AccessAttempt, apps.get_model("admin", "LogEntry")]
    return json.dumps([list(model.objects.values()) for model in models], default=str).lower()


def test_anonymising_removes_names_and_keeps_every_seal_valid(leaver: User, root: User) -> None:
    before = {table: model.objects.count() for table, model in TABLES.items()}
    pseudonym = f"leaver-{leaver.pk}"
    assert anonymise(leaver, by=root, reason="their wish").username == pseudonym
    for name in ("anna", "lundqvist", "example.org"):
        assert name not in all_stored_text()
    leaver.refresh_from_db()
    assert (leaver.username, leaver.email, leaver.has_usable_password()) == (pseudonym, "", False)
    row = leaver.history.first()
    assert (row.kind, row.history_user, row.history_change_reason) == (
        "forgotten",
        root,
        "their wish",
    )
    assert {one.username for one in leaver.history.all()} == {pseudonym}
    tried = AuditEvent.objects.filter(kind=EventKind.SIGN_IN_FAILED).order_by("pk")
    assert [(one.name, one.address) for one in tried] == [
        *[(pseudonym, None)] * 3,
        ("eve", "192.0.2.7"),
    ]
    read = AuditEvent.objects.get(kind=EventKind.READ)
    assert read.filters == {"person": pseudonym, "kind": "held"}
    assert not get_token_model().objects.exists()
    # Nothing was lost, all is as it was sealed, and once more means nothing more.
    assert all_violations() == []
    erasure.anonymise(leaver.pk, by=root, reason="again")
    sealing.seal()
    assert all_violations() == []
    after = {table: model.objects.count() for table, model in TABLES.items()}
    assert after == before | {"person": before["person"] + 2, "event": before["event"] + 1}
    record = AuditEvent.objects.get(kind=EventKind.NAMES_REMOVED)
    assert (record.history_user, record.details["person"]) == (root, leaver.pk)
    # The end of their access is an event too.
    assert record.details["count"] == 5
    assert [*invariants.broken(), *consistency.differing()] == []


def test_anonymising_deletes_second_factors_and_addresses(leaver: User, root: User) -> None:
    factors.give_app(leaver)
    EmailAddress.objects.create(user=leaver, email="a.lundqvist@example.org")
    anonymise(leaver, by=root)
    assert not Authenticator.objects.exists()
    assert not EmailAddress.objects.exists()
    assert all_violations() == []


def test_a_guessed_name_cannot_be_confirmed(leaver: User) -> None:
    row = leaver.history.earliest("history_id")
    salted = json.dumps([row.salt, "username", "anna"], separators=(",", ":"))
    anonymise(leaver)
    row.refresh_from_db()
    assert row.commitments["username"] == hashlib.sha256(salted.encode()).hexdigest()
    assert row.salt == ""
    assert len({one.commitments["email"] for one in leaver.history.exclude(kind="forgotten")}) > 2


def test_changes_of_an_anonymised_row_are_named(leaver: User) -> None:
    anonymise(leaver)
    pk = leaver.history.earliest("history_id").pk
    for written in (
        "username = 'ben'",
        "username = ''",
        "username = 'leaver-0'",
        "first_name = 'Ben'",
        "salt = 'x'",
        "kind = 'x'",
        "commitments = NULL",
        """commitments = '{"username": "0"}'""",
        "commitments = '[]'",
    ):
        with transaction.atomic():
            execute_sql(f"UPDATE qc_historicaluser SET {written} WHERE history_id = %s", pk)
            assert violated_rows() == [("changed", "person", pk)], written
            transaction.set_rollback(True)
    assert violated_rows() == []


def test_names_removed_by_hand_are_named_as_changed(leaver: User, ben: User, mona: User) -> None:
    """Doing by hand what `anonymise` does, but for the row that says so, changes the rows."""
    sealing.seal()
    row = ben.history.get()
    shown = {"username": f"leaver-{ben.pk}", "first_name": "", "last_name": "", "email": ""}
    erasure.erase("person", row, shown)
    row.save()
    assert violated_rows() == [("changed", "person", row.pk)]
    anonymise(leaver)
    # Somebody else's pseudonym is not theirs either.
    change("person", leaver.history.first().pk)
    assert len(violated_rows()) > 1
    row.username = f"leaver-{leaver.pk}"
    row.save()
    assert ("changed", "person", row.pk) in violated_rows()


def test_refused_anonymising_changes_nothing(
    leaver: User, ben: User, mona: User, otto: User, root: User
) -> None:
    for who, by, reason, error in (
        (ben, root, "x", InvalidTransition),
        (leaver, mona, "x", NotAllowed),
        (leaver, otto, "x", NotAllowed),
        (leaver, leaver, "x", NotAllowed),
        (leaver, root, " ", InvalidInput),
        (leaver, root, "x", InvalidTransition),
    ):
        with pytest.raises(error):
            erasure.anonymise(who.pk, by=by, reason=reason)
    AuditEvent.objects.filter(name="ANNA").update(salt="")
    with pytest.raises(InvalidTransition, match="1 row was written by an old release"):
        anonymise(leaver)
    assert User.objects.get(pk=leaver.pk).username == "lundqvist"


def test_an_event_of_the_time_before_or_after_keeps_its_name(leaver: User, otto: User) -> None:
    """Somebody who bears an auditor's name for a while takes none of the auditor's events along."""
    before = fail_to_sign_in("otto")
    rename(otto, "otto.b")
    rename(leaver, "otto")
    meanwhile = fail_to_sign_in("otto")
    rename(leaver, "lundqvist")
    rename(otto, "otto")
    after = fail_to_sign_in("otto")
    anonymise(leaver)
    names = AuditEvent.objects.in_bulk([before.pk, meanwhile.pk, after.pk])
    assert [names[one.pk].name for one in (before, meanwhile, after)] == [
        "otto",
        f"leaver-{leaver.pk}",
        "otto",
    ]


def test_an_account_takes_no_events_of_the_time_before_it_was_made(otto: User) -> None:
    before = fail_to_sign_in("otto")
    rename(otto, "otto.b")
    new = person("otto", is_active=False)
    anonymise(new)
    before.refresh_from_db()
    assert (before.name, before.address) == ("otto", "192.0.2.7")


def test_an_event_erased_beyond_those_that_are_recorded_is_named(leaver: User, otto: User) -> None:
    """The seals of the events would fit: what is counted is sealed elsewhere."""
    other = fail_to_sign_in("otto")
    anonymise(leaver)
    sealing.seal()
    assert violated_rows() == []
    shown = {"name": f"leaver-{leaver.pk}", "address": None, "about": ""}
    erasure.erase("event", other, shown)
    other.save()
    assert violated_rows() == [("changed", "event", other.pk)]
    record = AuditEvent.objects.get(kind=EventKind.NAMES_REMOVED)
    record.details["events"].append([other.pk, other.pk])
    record.save()
    assert violated_rows() == [("changed", "event", record.pk)]


def test_those_anonymised_by_an_older_release_are_recorded_by_the_upgrade(leaver: User) -> None:
    anonymise(leaver)
    record = AuditEvent.objects.get(kind=EventKind.NAMES_REMOVED)
    record.delete()
    sealing.seal()
    assert {table for _what, table, _pk in violated_rows()} == {"event"}
    migration = import_module("qc.migrations.0018_which_events")
    migration.record_erased_events(apps, None)
    assert AuditEvent.objects.get(kind=EventKind.NAMES_REMOVED).details == record.details
    assert violated_rows() == []


def test_command_asks_and_confirms_what_a_superuser_asked_for(leaver: User, root: User) -> None:
    with pytest.raises(CommandError, match="no person nemo"):
        call_command("forget_person", "nemo", reason="left")
    with pytest.raises(CommandError, match="still active"):
        call_command("forget_person", "mona", reason="left")
    call_command("forget_person", "lundqvist", reason="left")
    row = leaver.history.first()
    assert (row.kind, row.history_user, row.through) == ("erasure asked", None, "shell")
    with pytest.raises(CommandError, match="other than who asked"):
        call_command("forget_person", "lundqvist", reason="left")
    erasure_requests.take_back(leaver.pk, by=root, reason="wrong one")
    with patch.object(erasure_requests, "WAIT", timedelta(0)):
        erasure_requests.make(leaver.pk, by=root, reason="left")
        call_command("forget_person", "lundqvist", reason="left")
    row = leaver.history.first()
    assert (row.kind, row.history_user, row.through) == ("forgotten", None, "shell")
