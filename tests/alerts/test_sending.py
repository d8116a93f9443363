"""How messages are sent: once, again later where it failed, and nowhere they must not go."""

import ipaddress
import smtplib
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from qc import tasks
from qc.alerts import checking, sending, webhooks
from qc.alerts.webhooks import Undelivered
from qc.models import Alert, AlertMessage, Queue
from tests.alerts.conftest import LEAD, Chat

Outbox = list[EmailMessage]


@pytest.fixture
def alert(chat: Chat, invoices: Queue) -> Alert:
    return Alert.objects.create(name="Late", late_more_than=1, emails=LEAD, webhook=chat.url)


def due_again() -> None:
    AlertMessage.objects.filter(next_at__isnull=False).update(next_at=timezone.now())


@pytest.mark.django_db
class TestRetries:
    def test_message_is_sent_once(self, alert: Alert, chat: Chat, mailoutbox: Outbox) -> None:
        checking.leave_messages(alert, "Late", "Two are late.")
        for _ in range(2):
            tasks.alert()
        assert chat.heard == ["Two are late."]
        assert [mail.body for mail in mailoutbox] == ["Two are late."]
        alert.refresh_from_db()
        assert alert.last_sent_at is not None
        assert alert.last_error == ""

    def test_address_that_fails_is_tried_again_and_stops_nobody_else(
        self, alert: Alert, chat: Chat, mailoutbox: Outbox
    ) -> None:
        chat.answer = 503
        checking.leave_messages(alert, "Late", "Two are late.")
        assert sending.send_due() == {"sent": 1, "failed": 1}
        assert len(mailoutbox) == 1
        assert sending.send_due() == {"sent": 0, "failed": 0}  # not before its time
        alert.refresh_from_db()
        assert alert.last_error.startswith("127.0.0.1/… (")
        assert "the answer was 503" in alert.last_error
        assert "secret" not in alert.last_error
        chat.answer = 200
        due_again()
        assert sending.send_due() == {"sent": 1, "failed": 0}
        assert len(chat.heard) == 2

    def test_pauses_grow_and_it_is_given_up_in_the_end(self, alert: Alert, chat: Chat) -> None:
        chat.answer = 500
        Alert.objects.update(emails="")
        alert.refresh_from_db()
        checking.leave_messages(alert, "Late", "Two are late.")
        for attempt in range(1, sending.MOST_ATTEMPTS + 1):
            assert sending.send_due()["failed"] == 1
            message = AlertMessage.objects.get()
            left = message.next_at and message.next_at - timezone.now()
            assert left is None or left > sending.pause(attempt) - timedelta(minutes=1)
            due_again()
        assert AlertMessage.objects.get().next_at is None
        assert sending.send_due()["failed"] == 0
        pauses = [sending.pause(n) for n in range(1, 9)]
        assert pauses == sorted(pauses)
        assert pauses[-1] == sending.LONGEST_PAUSE

    def test_message_that_another_worker_has_claimed_is_left_to_it(self, alert: Alert) -> None:
        checking.leave_messages(alert, "Late", "Two are late.")
        mine, theirs = (AlertMessage.objects.earliest("pk") for _ in range(2))
        assert sending._claim(mine)
        assert not sending._claim(theirs)

    def test_first_attempts_come_before_retries(self, alert: Alert, mailoutbox: Outbox) -> None:
        for name, attempts in (("again", 3), ("first", 0)):
            AlertMessage.objects.create(
                alert=alert, address=LEAD, subject=name, text=name, attempts=attempts
            )
        sending.send_due()
        assert [mail.body for mail in mailoutbox] == ["first", "again"]

    def test_mail_server_that_refuses_is_named_in_words(
        self, alert: Alert, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_args: Any) -> None:
            raise smtplib.SMTPRecipientsRefused({})

        monkeypatch.setattr(EmailMessage, "send", refuse)
        checking.leave_messages(alert, "Late", "Two are late.")
        assert sending.send_due() == {"sent": 1, "failed": 1}
        alert.refresh_from_db()
        assert alert.last_error.endswith("the mail server refuses this address")
        assert LEAD not in alert.last_error

    def test_without_a_mail_server_the_alert_says_so(self, alert: Alert, settings: Any) -> None:
        settings.EMAIL_HOST = ""
        checking.leave_messages(alert, "Late", "Two are late.")
        sending.send_due()
        alert.refresh_from_db()
        assert "EMAIL_URL" in alert.last_error

    def test_old_messages_are_tidied_away(self, alert: Alert) -> None:
        checking.leave_messages(alert, "Late", "Two are late.")
        AlertMessage.objects.filter(address=LEAD).update(
            created_at=timezone.now() - timedelta(days=40)
        )
        tasks.tidy()
        assert [one.address for one in AlertMessage.objects.all()] == [alert.webhook]


class TestWebhooks:
    def test_redirect_is_not_followed(self, chat: Chat) -> None:
        chat.answer = 302
        with pytest.raises(Undelivered, match="302"):
            webhooks.post(chat.url, "Late")
        assert len(chat.heard) == 1

    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
            *("[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]"),
            *("[2002:7f00:1::]", "224.0.0.1"),
            *("[::127.0.0.1]", "[::ffff:0:7f00:1]", "[64:ff9b:1::7f00:1]", "[fec0::1]"),
        ],
    )
    def test_private_address_is_refused_before_anything_is_sent(
        self, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "create_connection", unreachable)
        with pytest.raises(Undelivered, match="private networks"):
            webhooks.post(f"https://{host}/hook", "Late")
        with pytest.raises(Undelivered, match="private networks"):
            webhooks.check(f"https://{host}/hook")

    def test_name_with_one_private_address_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resolve(monkeypatch, "93.184.216.34", "10.0.0.1")
        monkeypatch.setattr(socket, "create_connection", unreachable)
        with pytest.raises(Undelivered, match="private networks"):
            webhooks.post("https://chat.example.com/hook", "Late")

    def test_request_goes_to_the_address_that_was_looked_at(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resolve(monkeypatch, "93.184.216.34")
        places = []

        def connect(place: Any, *_more: Any) -> None:
            places.append(place)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(Undelivered, match="no connection"):
            webhooks.post("https://chat.example.com:8443/hook", "Late")
        assert places == [("93.184.216.34", 8443)]

    @pytest.mark.parametrize(
        "url",
        [
            *("ftp://chat.example.com/", "chat.example.com", "https://", "https://u:p@h/x"),
            *("https://h:0x1/", "https://h/a b", "https://h/\r\nX: y", "https://h\\@10.0.0.1/"),
            "http://chat.example.com/hook",
        ],
    )
    def test_what_is_no_webhook_is_refused(self, url: str) -> None:
        with pytest.raises(Undelivered):
            webhooks.check(url)

    def test_open_http_is_for_allowed_networks_only(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.QC_ALERT_NETWORKS = [ipaddress.ip_network("10.0.0.0/8")]
        resolve(monkeypatch, "93.184.216.34")
        with pytest.raises(Undelivered, match="https"):
            webhooks.post("http://chat.example.com/hook", "Late")

    def test_chat_that_trickles_is_broken_off(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(webhooks, "SECONDS_IN_ALL", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            with pytest.raises(Undelivered, match="no answer in time"):
                webhooks.post(f"http://127.0.0.1:{port}/hook", "Late")

    def test_names_in_a_text_call_nobody_and_are_no_links(self) -> None:
        text = sending.harmless("@channel <!here> [win](https://evil.example.com)")
        assert not {"<", ">"} & set(text)
        assert "](" not in text
        assert "@channel" not in text


def unreachable(*_args: Any) -> None:
    raise AssertionError("nothing may be sent")


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let each name have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
