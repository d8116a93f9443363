"""Anonymising somebody who left removes their names everywhere, and every seal stays valid."""

import hashlib
import json
from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from knox.models import get_token_model

from qc import history
from qc.audit import erasure, events, invariants
from qc.audit.seals import sealing
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed
from qc.history import consistency
from qc.history.registry import TABLES
from qc.models import AuditEvent, EventKind, Queue, Task, User
from qc.work import actions, presence
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
    anna.username = "lundqvist"
    history.save(anna, kind="", by=mona, fields=["username"])
    for typed in ("ANNA", "a.Lundqvist@example.org", "lundqvist", "eve"):
        events.record(EventKind.SIGN_IN_FAILED, name=typed, address="192.0.2.7")
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


def all_stored_text() -> str:
    """Return all that the tables say which could name somebody."""
    models = [*TABLES.values(), User, AccessAttempt, apps.get_model("admin", "LogEntry")]
    return json.dumps([list(model.objects.values()) for model in models], default=str).lower()


def test_anonymising_removes_names_and_keeps_every_seal_valid(leaver: User, mona: User) -> None:
    before = {table: model.objects.count() for table, model in TABLES.items()}
    pseudonym = f"leaver-{leaver.pk}"
    assert erasure.anonymise(leaver.pk, by=mona, reason="their wish").username == pseudonym
    for name in ("anna", "lundqvist", "example.org"):
        assert name not in all_stored_text()
    leaver.refresh_from_db()
    assert (leaver.username, leaver.email, leaver.has_usable_password()) == (pseudonym, "", False)
    row = leaver.history.first()
    assert (row.kind, row.history_user, row.history_change_reason) == (
        "forgotten",
        mona,
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
    erasure.anonymise(leaver.pk, by=mona, reason="again")
    sealing.seal()
    assert all_violations() == []
    after = {table: model.objects.count() for table, model in TABLES.items()}
    assert after == before | {"person": before["person"] + 1}
    assert [*invariants.broken(), *consistency.differing()] == []


def test_a_guessed_name_cannot_be_confirmed(leaver: User) -> None:
    row = leaver.history.earliest("history_id")
    salted = json.dumps([row.salt, "username", "anna"], separators=(",", ":"))
    erasure.anonymise(leaver.pk, by=None, reason="left")
    row.refresh_from_db()
    assert row.commitments["username"] == hashlib.sha256(salted.encode()).hexdigest()
    assert row.salt == ""
    assert len({one.commitments["email"] for one in leaver.history.exclude(kind="forgotten")}) > 2


def test_changes_of_an_anonymised_row_are_named(leaver: User) -> None:
    erasure.anonymise(leaver.pk, by=None, reason="left")
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
    erasure.anonymise(leaver.pk, by=mona, reason="left")
    # Somebody else's pseudonym is not theirs either.
    change("person", leaver.history.first().pk)
    assert len(violated_rows()) > 1
    row.username = f"leaver-{leaver.pk}"
    row.save()
    assert ("changed", "person", row.pk) in violated_rows()


def test_refused_anonymising_changes_nothing(
    leaver: User, anna: User, ben: User, mona: User, otto: User
) -> None:
    before = all_stored_text()
    root = person("root", is_superuser=True, is_active=False)
    for who, by, reason, error in (
        (ben, mona, "x", InvalidTransition),
        (leaver, otto, "x", NotAllowed),
        (leaver, leaver, "x", NotAllowed),
        (root, mona, "x", NotAllowed),
        (leaver, mona, " ", InvalidInput),
    ):
        with pytest.raises(error):
            erasure.anonymise(who.pk, by=by, reason=reason)
    AuditEvent.objects.filter(name="ANNA").update(salt="")
    with pytest.raises(InvalidTransition, match="1 row was written by an old release"):
        erasure.anonymise(leaver.pk, by=mona, reason="x")
    assert User.objects.get(pk=leaver.pk).username == "lundqvist"
    assert "lundqvist" in before


def test_a_name_that_another_account_has_now_stays(leaver: User, mona: User) -> None:
    person("anna")
    erasure.anonymise(leaver.pk, by=mona, reason="left")
    assert AuditEvent.objects.filter(name="ANNA").exists()


def test_command_anonymises_a_person_who_left(leaver: User) -> None:
    with pytest.raises(CommandError, match="no person nemo"):
        call_command("forget_person", "nemo", reason="left")
    with pytest.raises(CommandError, match="still active"):
        call_command("forget_person", "mona", reason="left")
    call_command("forget_person", "lundqvist", reason="left")
    row = leaver.history.first()
    assert (row.kind, row.history_user, row.through) == ("forgotten", None, "shell")
