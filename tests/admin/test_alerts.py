"""The pages of alerts: who edits them, what is refused, and what the audit trail says."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.models import Alert, AlertIncident, AlertMessage, AuditEvent, Cause, EventKind, Queue
from tests.admin.conftest import act, change, typed

pytestmark = pytest.mark.django_db

ADD = "admin:qc_alert_add"
LIST = "admin:qc_alert_changelist"
HOOK = "https://chat.example.com/hooks/s3cret"
LEAD = "lead@example.com"


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.com"


@pytest.fixture
def late(invoices: Queue) -> Alert:
    return Alert.objects.create(
        name="Late", queue=invoices, late_more_than=1, emails=LEAD, webhook=HOOK
    )


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=EventKind.ALERT_CHANGED).order_by("pk"))


def filled_in(client: Client, **values: Any) -> dict[str, Any]:
    """Return what the form of a new alert sends: name and address, and these."""
    return typed(client, reverse(ADD)) | {"name": "Late", "emails": LEAD} | values


def errors(client: Client, **values: Any) -> dict[str, list[str]]:
    answer = client.post(reverse(ADD), filled_in(client, **values))
    assert answer.status_code == 200
    assert not Alert.objects.exists()
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


class TestManager:
    def test_adds_an_alert_with_all_it_can_say(self, mona_client: Client, labels: Queue) -> None:
        values = {
            "queue": labels.pk,
            "late_more_than": "10",
            "waiting_longer_than_0": "3",
            "waiting_longer_than_1": "hours",
            "nobody_there": "on",
            "silent_longer_than_0": "20",
            "silent_longer_than_1": "minutes",
            "emails": f"{LEAD}\r\n\r\n deputy@example.com ",
            "webhook": HOOK,
            "quiet_from": "22:00",
            "quiet_until": "06:00",
            "digest_at": "07:30",
            "time_zone": "Europe/Berlin",
        }
        mona_client.post(reverse(ADD), filled_in(mona_client, **values))
        alert = Alert.objects.get()
        assert alert.waiting_longer_than == timedelta(hours=3)
        assert alert.silent_longer_than == timedelta(minutes=20)
        assert (alert.quiet_from, alert.quiet_until) == (time(22), time(6))
        assert alert.addresses == [LEAD, "deputy@example.com", HOOK]
        page = mona_client.get(reverse(LIST)).content.decode()
        assert "more than 10 late, waiting for 3 hours, nobody there, silent for 20 min" in page
        assert "s3cret" not in page

    def test_sees_times_as_they_typed_them(self, mona_client: Client, late: Alert) -> None:
        Alert.objects.update(digest_at=time(7, 30))
        assert typed(mona_client, change(late))["digest_at"] == ["07:30"]

    @pytest.mark.parametrize(
        ("values", "field", "text"),
        [
            ({}, "late_more_than", "Choose at least one cause, or a digest."),
            ({"nobody_there": "on", "emails": ""}, "emails", "Enter an e-mail address"),
            ({"nobody_there": "on", "emails": "lead"}, "emails", "“lead” is no e-mail address."),
            ({"late_more_than": "1001"}, "late_more_than", "less than or equal to 1000"),
            ({"digest_at": "7", "nobody_there": "on"}, "digest_at", "Enter a valid time."),
            ({"nobody_there": "on", "quiet_from": "22:00"}, "quiet_until", "Enter both, or none."),
            (
                {"nobody_there": "on", "webhook": "https://10.0.0.1/hook"},
                "webhook",
                "Addresses of private networks are not allowed",
            ),
        ],
    )
    def test_is_told_what_is_wrong(
        self, mona_client: Client, values: dict[str, str], field: str, text: str
    ) -> None:
        assert text in errors(mona_client, **values)[field][0]

    def test_change_is_in_the_audit_trail_without_any_address(
        self, mona_client: Client, late: Alert
    ) -> None:
        sent = typed(mona_client, change(late)) | {"late_more_than": "5", "webhook": f"{HOOK}2"}
        mona_client.post(change(late), sent)
        [event] = events()
        assert event.history_user.username == "mona"  # type: ignore[union-attr]
        assert set(event.details["after"]) == {"late_more_than", "webhook"}
        assert "s3cret" not in str(event.details)
        trail = mona_client.get(reverse("admin:trail")).content.decode()
        assert "changed the alert Late: late more than “1” → “5”" in trail

    def test_saving_an_unchanged_alert_leaves_no_event(
        self, mona_client: Client, late: Alert
    ) -> None:
        mona_client.post(change(late), typed(mona_client, change(late)))
        assert events() == []

    def test_delete_leaves_an_event(self, mona_client: Client, late: Alert) -> None:
        mona_client.post(reverse("admin:qc_alert_delete", args=[late.pk]), {"post": "yes"})
        assert not Alert.objects.exists()
        [event] = events()
        assert (event.details["alert"], event.details["after"]) == ("Late", {})
        assert LEAD not in str(event.details)

    def test_message_to_an_address_that_was_removed_is_not_sent_any_more(
        self, mona_client: Client, late: Alert
    ) -> None:
        for address in late.addresses:
            AlertMessage.objects.create(alert=late, address=address, subject="Late", text="Late")
        mona_client.post(change(late), typed(mona_client, change(late)) | {"webhook": ""})
        assert [one.address for one in AlertMessage.objects.all()] == [LEAD]

    def test_alert_that_is_switched_on_again_tells_anew(
        self, mona_client: Client, late: Alert, invoices: Queue
    ) -> None:
        AlertIncident.objects.create(alert=late, queue=invoices, cause=Cause.LATE)
        sent = typed(mona_client, change(late))
        del sent["is_active"]
        mona_client.post(change(late), sent)
        assert not AlertIncident.objects.exists()


class TestTestButton:
    def test_sends_to_all_at_once(
        self, mona_client: Client, late: Alert, mailoutbox: list[EmailMessage]
    ) -> None:
        Alert.objects.update(webhook="")
        answer = mona_client.post(act(late, "test"), {"_form_submitted": "True"}, follow=True)
        assert "was sent to all recipients" in answer.content.decode()
        assert [mail.to for mail in mailoutbox] == [[LEAD]]
        late.refresh_from_db()
        assert late.last_sent_at is not None

    def test_says_what_failed_and_still_sends_to_the_others(
        self, mona_client: Client, late: Alert, mailoutbox: list[EmailMessage]
    ) -> None:
        Alert.objects.update(webhook="https://127.0.0.1/hook")
        answer = mona_client.post(act(late, "test"), {"_form_submitted": "True"})
        assert "addresses of private networks are not allowed" in answer.content.decode()
        assert len(mailoutbox) == 1
        page = mona_client.get(change(late)).content.decode()
        assert "private networks" in page


class TestOthers:
    def test_empty_list_says_what_an_alert_is_and_offers_one_to_managers(
        self, mona_client: Client, otto_client: Client
    ) -> None:
        pages = [one.get(reverse(LIST)).content.decode() for one in (mona_client, otto_client)]
        assert all("An alert tells people by e-mail or in a chat" in page for page in pages)
        assert ["Add an alert" in page for page in pages] == [True, False]

    def test_auditor_sees_where_a_webhook_is_and_not_its_secret(
        self, otto_client: Client, late: Alert
    ) -> None:
        page = otto_client.get(change(late)).content.decode()
        assert "chat.example.com/…" in page
        assert "s3cret" not in page
        assert otto_client.post(act(late, "test"), {"_form_submitted": "True"}).status_code == 403

    def test_qc_staff_sees_no_alerts(self, anna: Any, sign_in_client: Any) -> None:
        assert sign_in_client(anna).get(reverse(LIST)).status_code == 403


def test_queue_with_an_alert_is_not_deleted_before_it(
    mona_client: Client, late: Alert, invoices: Queue
) -> None:
    mona_client.post(reverse("admin:qc_queue_delete", args=[invoices.pk]), {"post": "yes"})
    assert Queue.objects.filter(pk=invoices.pk).exists()


def test_list_of_many_alerts_takes_no_more_statements(
    mona_client: Client, late: Alert, invoices: Queue
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            mona_client.get(reverse(LIST))
        return len(found)

    statements()
    few = statements()
    for n in range(5):
        Alert.objects.create(name=str(n), queue=invoices, nobody_there=True, emails=LEAD)
    assert statements() == few
