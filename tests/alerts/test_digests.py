"""The digest of each morning: one for each address and day, about yesterday and now."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from qc import tasks
from qc.alerts import digest
from qc.models import Alert, Queue, Task, User
from qc.work import actions, lifecycle
from tests.admin.conftest import signed_in
from tests.alerts.conftest import LEAD

pytestmark = pytest.mark.django_db

Outbox = list[EmailMessage]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is noon, so that a day is the same whatever the hour of the test."""
    moment = timezone.now().astimezone(UTC).replace(hour=12, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def test_digest_has_what_waits_what_is_late_and_how_yesterday_went(
    invoices: Queue, anna: User, add_task: Callable[..., Task], mailoutbox: Outbox, noon: datetime
) -> None:
    Alert.objects.create(name="Morning", digest_at=time(11, 30), emails=LEAD)
    for outcome in ("passed", "failed", "passed", "passed"):
        task = add_task(invoices)
        signed_in(anna)
        actions.hand_out_to(anna.pk)
        lifecycle.start(task.pk, by=anna)
        lifecycle.complete(task.pk, by=anna, outcome=outcome, notes="Seen.")
    Task.objects.update(completed_at=noon - timedelta(days=1))
    add_task(invoices, due_at=noon - timedelta(hours=1))
    add_task(invoices)
    for _ in range(2):
        tasks.alert()
    [mail] = mailoutbox
    assert mail.body == (
        "Invoices: 2 waiting, 1 late; yesterday 4 completed, 1 failed, first-pass yield 75.0 %"
    )
    assert mail.subject.startswith("[QC Desk] Digest of ")


def test_who_has_several_gets_one_about_the_queues_of_all(
    invoices: Queue, labels: Queue, add_task: Callable[..., Task], mailoutbox: Outbox
) -> None:
    for queue, hour in ((invoices, 9), (labels, 10)):
        Alert.objects.create(name="Morning", queue=queue, digest_at=time(hour), emails=LEAD)
        add_task(queue)
    tasks.alert()
    assert [mail.body.count("1 waiting") for mail in mailoutbox] == [2]


def test_digest_of_one_queue_says_nothing_of_another(
    invoices: Queue, labels: Queue, add_task: Callable[..., Task], mailoutbox: Outbox
) -> None:
    Alert.objects.create(name="Morning", queue=labels, digest_at=time(11), emails=LEAD)
    add_task(invoices)
    tasks.alert()
    assert mailoutbox[0].body == "Nothing waits, and nothing was completed yesterday."


@pytest.mark.parametrize(
    ("at", "zone", "is_due"),
    [
        (time(11, 59), "UTC", True),
        (time(12, 1), "UTC", False),
        (time(5, 59), "UTC", False),  # that morning is over
        (time(12, 59), "Africa/Lagos", True),  # an hour ahead
        (time(13, 1), "Africa/Lagos", False),
    ],
)
def test_digest_is_sent_at_its_time_in_its_zone(
    at: time, zone: str, is_due: bool, mailoutbox: Outbox, invoices: Queue
) -> None:
    Alert.objects.create(name="Morning", digest_at=at, time_zone=zone, emails=LEAD)
    tasks.alert()
    assert len(mailoutbox) == is_due


def test_quiet_hours_do_not_hold_it_back(mailoutbox: Outbox, invoices: Queue) -> None:
    quiet = {"quiet_from": time(0), "quiet_until": time(23)}
    Alert.objects.create(name="Morning", digest_at=time(11), emails=LEAD, **quiet)
    tasks.alert()
    assert len(mailoutbox) == 1


def test_two_workers_at_once_leave_one_digest(invoices: Queue, mailoutbox: Outbox) -> None:
    Alert.objects.create(name="Morning", digest_at=time(11), emails=LEAD)
    [recipient] = digest.recipients()
    day: Any = recipient.day(timezone.now())
    for _ in range(2):
        digest._leave(recipient, day, "Good morning.")
    tasks.alert()
    assert [mail.body for mail in mailoutbox] == ["Good morning."]
