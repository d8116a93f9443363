"""Who has left can be let go: their names go from all there is, and every seal still fits."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

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
from tests.audit.sealed import by_hand, change, found, said
from tests.conftest import person

NAMES = {"first_name": "Anna", "last_name": "Lundqvist", "email": "a.lundqvist@example.org"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: Any) -> None:
    """Rows are sealed as soon as they are there."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))


@pytest.fixture
def gone(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> User:
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


def everything() -> str:
    """Return all that the tables say which could name somebody."""
    models = [*TABLES.values(), User, AccessAttempt, apps.get_model("admin", "LogEntry")]
    return json.dumps([list(model.objects.values()) for model in models], default=str).lower()


def test_the_names_go_and_all_that_was_sealed_stays_proven(gone: User, mona: User) -> None:
    before = {table: model.objects.count() for table, model in TABLES.items()}
    called = f"leaver-{gone.pk}"
    assert erasure.forget(gone.pk, by=mona, reason="their wish").username == called
    for name in ("anna", "lundqvist", "example.org"):
        assert name not in everything()
    gone.refresh_from_db()
    assert (gone.username, gone.email, gone.has_usable_password()) == (called, "", False)
    row = gone.history.first()
    assert (row.kind, row.history_user, row.history_change_reason) == (
        "forgotten",
        mona,
        "their wish",
    )
    assert {one.username for one in gone.history.all()} == {called}
    tried = AuditEvent.objects.filter(kind=EventKind.SIGN_IN_FAILED).order_by("pk")
    assert [(one.name, one.address) for one in tried] == [
        *[(called, None)] * 3,
        ("eve", "192.0.2.7"),
    ]
    read = AuditEvent.objects.get(kind=EventKind.READ)
    assert read.filters == {"person": called, "kind": "held"}
    assert not get_token_model().objects.exists()
    # Nothing was lost, all is as it was sealed, and once more means nothing more.
    assert found() == []
    erasure.forget(gone.pk, by=mona, reason="again")
    sealing.seal()
    assert found() == []
    after = {table: model.objects.count() for table, model in TABLES.items()}
    assert after == before | {"person": before["person"] + 1}
    assert [*invariants.broken(), *consistency.differing()] == []


def test_who_guesses_the_name_can_not_tell(gone: User) -> None:
    row = gone.history.earliest("history_id")
    salted = json.dumps([row.salt, "username", "anna"], separators=(",", ":"))
    erasure.forget(gone.pk, by=None, reason="left")
    row.refresh_from_db()
    assert row.commitments["username"] == hashlib.sha256(salted.encode()).hexdigest()
    assert row.salt == ""
    assert len({one.commitments["email"] for one in gone.history.exclude(kind="forgotten")}) > 2


def test_a_row_without_names_is_still_proven(gone: User) -> None:
    erasure.forget(gone.pk, by=None, reason="left")
    pk = gone.history.earliest("history_id").pk
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
            by_hand(f"UPDATE qc_historicaluser SET {written} WHERE history_id = %s", pk)
            assert said() == [("changed", "person", pk)], written
            transaction.set_rollback(True)
    assert said() == []


def test_nobody_loses_their_names_in_secret(gone: User, ben: User, mona: User) -> None:
    """Who does by hand what `forget` does, but for the row that says it, has changed the rows."""
    sealing.seal()
    row = ben.history.get()
    shown = {"username": f"leaver-{ben.pk}", "first_name": "", "last_name": "", "email": ""}
    erasure.veil("person", row, shown)
    row.save()
    assert said() == [("changed", "person", row.pk)]
    erasure.forget(gone.pk, by=mona, reason="left")
    # Somebody else's pseudonym is not theirs either.
    change("person", gone.history.first().pk)
    assert len(said()) > 1
    row.username = f"leaver-{gone.pk}"
    row.save()
    assert ("changed", "person", row.pk) in said()


def test_who_is_still_there_or_somebody_else_s_to_judge_keeps_their_names(
    gone: User, anna: User, ben: User, mona: User, otto: User
) -> None:
    before = everything()
    root = person("root", is_superuser=True, is_active=False)
    for who, by, reason, error in (
        (ben, mona, "x", InvalidTransition),
        (gone, otto, "x", NotAllowed),
        (gone, gone, "x", NotAllowed),
        (root, mona, "x", NotAllowed),
        (gone, mona, " ", InvalidInput),
    ):
        with pytest.raises(error):
            erasure.forget(who.pk, by=by, reason=reason)
    AuditEvent.objects.filter(name="ANNA").update(salt="")
    with pytest.raises(InvalidTransition, match="1 row was written by an old release"):
        erasure.forget(gone.pk, by=mona, reason="x")
    assert User.objects.get(pk=gone.pk).username == "lundqvist"
    assert "lundqvist" in before


def test_a_name_that_is_somebody_else_s_now_stays_theirs(gone: User, mona: User) -> None:
    person("anna")
    erasure.forget(gone.pk, by=mona, reason="left")
    assert AuditEvent.objects.filter(name="ANNA").exists()


def test_the_command(gone: User) -> None:
    with pytest.raises(CommandError, match="no person nemo"):
        call_command("forget_person", "nemo", reason="left")
    with pytest.raises(CommandError, match="still active"):
        call_command("forget_person", "mona", reason="left")
    call_command("forget_person", "lundqvist", reason="left")
    row = gone.history.first()
    assert (row.kind, row.history_user, row.through) == ("forgotten", None, "shell")
