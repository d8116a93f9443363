"""Events of the audit trail that change no data: failed sign-ins, exports, lock-outs."""

import re
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.models import AuditEvent, Queue, User
from qc.web import sign_ins
from tests.conftest import person

LOGIN = "/admin/login/"


def events_of_kind(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("pk"))


def test_failed_sign_in_is_recorded_with_name_and_address_without_password(
    client: Client, anna: User
) -> None:
    # By whichever spelling of it: phones begin with a capital.
    client.post(LOGIN, {"username": "Anna", "password": "sesame-5"})
    (row,) = events_of_kind("sign-in failed")
    assert (row.name, row.address, row.through, row.history_user) == (
        "anna",
        "127.0.0.1",
        "page",
        None,
    )
    assert AccessAttempt.objects.get().username == "anna"
    kept = [list(values) for values in AuditEvent.objects.values_list()]
    assert "sesame-5" not in str(kept)


@pytest.mark.parametrize("address", [LOGIN, "/login/"])
def test_password_entered_as_the_name_is_recorded_only_as_a_recognisable_token(
    client: Client, otto_client: Client, caplog: Any, address: str
) -> None:
    for name in ("sesame-5", "sesame-5", "sesame-6", "x" * 150):
        client.post(address, {"username": name, "password": "sesame-5"})
    first, second, other, longest = [row.name for row in events_of_kind("sign-in failed")]
    assert first == second != other != longest
    assert len(longest) == len(first)
    for model in (AuditEvent, AccessAttempt):
        assert "sesame" not in str(list(model.objects.values()))
    assert "sesame" not in caplog.text
    assert events_of_kind("sign-in failed")[0].address
    page = otto_client.get("/admin/trail/?kind=sign-in failed").content.decode()
    assert f"Somebody failed to sign in as unknown name {first[1:]}" in page


def test_failed_sign_in_does_not_reveal_whether_the_name_exists(
    client: Client, anna: User, settings: Any
) -> None:
    settings.AXES_FAILURE_LIMIT = 3

    def answers(name: str) -> list[tuple[int, str, int]]:
        """Return what some attempts show, and how many queries each took."""
        shown = []
        for _ in range(4):
            with CaptureQueriesContext(connection) as queries:
                page = client.post(LOGIN, {"username": name, "password": "x"})
            text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())
            shown.append((page.status_code, text.replace(name, ""), len(queries)))
        return shown

    answers("somebody")
    of_anna = answers("anna")
    assert of_anna == answers("nobody")
    assert [status for status, _text, _n in of_anna] == [200, 200, 429, 429]


def test_no_address_fills_the_history_with_failed_sign_ins(
    client: Client, otto_client: Client, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "LISTED", 3)
    for n in range(5):
        client.post(LOGIN, {"username": f"nobody {n}", "password": "x"}, REMOTE_ADDR="192.0.2.7")
    client.post(LOGIN, {"username": "anna", "password": "x"}, REMOTE_ADDR="192.0.2.8")
    listed = [row.address for row in events_of_kind("sign-in failed")]
    assert listed == ["192.0.2.7"] * 3 + ["192.0.2.8"]
    page = otto_client.get("/admin/trail/?kind=sign-in failed").content.decode()
    assert page.count("from 192.0.2.7; further ones of this hour are not listed") == 1


def test_failed_sign_in_through_the_api_is_recorded(client: Client, anna: User) -> None:
    client.post("/login/", {"username": "anna", "password": "x"}, "application/json")
    assert [row.through for row in events_of_kind("sign-in failed")] == ["api"]


def test_lockout_and_unlocking_are_recorded(
    client: Client, anna: User, root: User, sign_in_client: Any, settings: Any
) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(4):
        client.post(LOGIN, {"username": "anna", "password": "x"})
    # Each attempt is one row: the third locked the door, the fourth found it locked.
    assert len(events_of_kind("sign-in failed")) == 2
    assert [row.name for row in events_of_kind("locked out")] == ["anna", "anna"]
    attempt = AccessAttempt.objects.get()
    address = reverse("admin:axes_accessattempt_delete", args=[attempt.pk])
    sign_in_client(root).post(address, {"post": "yes"})
    (row,) = events_of_kind("let in again")
    assert (row.name, row.history_user) == ("anna", root)


def test_export_is_recorded_with_its_filters_and_number_of_rows(
    otto_client: Client, otto: User, invoices: Queue, add_task: Any
) -> None:
    add_task(invoices)
    add_task(invoices, priority=1)
    address = reverse("admin:qc_task_export") + "?priority__exact=1"
    answer = otto_client.post(address, {"format": "0", "resource": "0"})
    assert "attachment" in answer["Content-Disposition"]
    (row,) = events_of_kind("exported")
    assert (row.history_user, row.details["rows"]) == (otto, 1)
    assert row.details["filters"] == {"priority__exact": "1"}


def test_change_of_a_role_is_one_history_row_that_names_it(
    root_client: Client, root: User, anna: User
) -> None:
    from tests.admin.conftest import change, typed

    managers = person("max", "Managers").groups.get()
    sent = typed(root_client, change(anna))
    sent["roles"] = [*sent["roles"], str(managers.pk)]
    before = anna.history.count()
    assert root_client.post(change(anna), sent).status_code == 302
    assert anna.history.count() == before + 1
    row = anna.history.first()
    assert (row.kind, row.history_user) == ("roles changed", root)
    page = root_client.get(reverse("admin:trail_row", args=["person", row.pk]))
    assert "<td>QC staff</td><td>Managers, QC staff</td>" in page.content.decode()
