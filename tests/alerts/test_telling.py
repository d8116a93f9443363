"""What alerts tell of: each cause once, until it was over."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc import tasks
from qc.alerts import checking
from qc.models import Alert, AlertIncident, AlertMessage, JobRun, Queue, Task, User
from qc.work import actions, lifecycle
from tests.admin.conftest import signed_in
from tests.alerts.conftest import LEAD, Chat

pytestmark = pytest.mark.django_db

Outbox = list[EmailMessage]


def test_late_tasks_are_told_once_until_they_were_worked_off(
    late_invoices: Alert, add_late: Callable[[], Task], mailoutbox: Outbox
) -> None:
    add_late()
    tasks.alert()
    assert mailoutbox == []
    second = add_late()
    for _ in range(3):
        tasks.alert()
    [mail] = mailoutbox
    assert mail.subject == "[QC Desk] Invoices: 2 tasks are late"
    assert mail.to == [LEAD]
    Task.objects.filter(pk=second.pk).update(due_at=timezone.now() + timedelta(hours=1))
    tasks.alert()
    Task.objects.filter(pk=second.pk).update(due_at=timezone.now() - timedelta(hours=1))
    tasks.alert()
    assert len(mailoutbox) == 2


def test_late_tasks_in_work_count_too(
    late_invoices: Alert, add_late: Callable[[], Task], anna: User, mailoutbox: Outbox
) -> None:
    add_late()
    add_late()
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    tasks.alert()
    assert [mail.subject for mail in mailoutbox] == ["[QC Desk] Invoices: 2 tasks are late"]


def test_oldest_task_that_waits_too_long_is_told(
    invoices: Queue, add_task: Callable[..., Task], mailoutbox: Outbox
) -> None:
    Alert.objects.create(name="Old", waiting_longer_than=timedelta(hours=3), emails=LEAD)
    task = add_task(invoices)
    tasks.alert()
    assert mailoutbox == []
    Task.objects.filter(pk=task.pk).update(created_at=timezone.now() - timedelta(hours=4))
    tasks.alert()
    assert "Invoices: the oldest task has waited for 4 h 0 min" in mailoutbox[0].body


def test_nobody_there_is_told_only_while_tasks_wait_in_a_running_queue(
    invoices: Queue,
    labels: Queue,
    anna: User,
    mona: User,
    add_task: Callable[..., Task],
    mailoutbox: Outbox,
) -> None:
    Alert.objects.create(name="Empty", nobody_there=True, emails=LEAD)
    tasks.alert()
    add_task(labels)
    actions.pause(labels.pk, by=mona, reason="No light.")
    add_task(invoices)
    signed_in(anna, mona)
    tasks.alert()
    assert mailoutbox == []
    User.objects.filter(pk=anna.pk).update(is_logged_in=False)
    tasks.alert()
    subjects = [mail.subject for mail in mailoutbox]
    assert subjects == ["[QC Desk] Invoices: nobody is there, and 1 task waits"]


def test_started_task_without_a_sign_of_life_is_told_by_its_reference(
    invoices: Queue, anna: User, add_task: Callable[..., Task], mailoutbox: Outbox
) -> None:
    Alert.objects.create(name="Silent", silent_longer_than=timedelta(minutes=20), emails=LEAD)
    task = add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    lifecycle.start(task.pk, by=anna)
    tasks.alert()
    assert mailoutbox == []
    ago = timezone.now() - timedelta(minutes=30)
    Task.objects.update(started_at=ago)
    tasks.alert()
    assert mailoutbox == []  # she was seen a moment ago
    User.objects.filter(pk=anna.pk).update(last_seen_at=ago)
    tasks.alert()
    tasks.alert()
    [mail] = mailoutbox
    assert mail.subject.startswith(
        "[QC Desk] Invoices: QD-0001 of anna: no sign of life for 30 min"
    )


def test_alert_of_all_queues_names_each_in_one_message_to_each_address(
    invoices: Queue, labels: Queue, add_late: Any, add_task: Any, chat: Chat, mailoutbox: Outbox
) -> None:
    Alert.objects.create(name="All", late_more_than=0, emails=LEAD, webhook=chat.url)
    add_late()
    add_task(labels, due_at=timezone.now() - timedelta(hours=1))
    tasks.alert()
    assert chat.heard == ["Invoices: 1 task is late\nLabels: 1 task is late"]
    assert mailoutbox[0].subject == "[QC Desk] Invoices: 1 task is late, and 1 more"


def test_quiet_hours_hold_back_and_what_still_holds_is_told_after_them(
    late_invoices: Alert, add_late: Any, mailoutbox: Outbox
) -> None:
    now = timezone.now()
    quiet = {"quiet_from": time(0), "quiet_until": time(23, 59, 59, 999999)}
    Alert.objects.update(**quiet)
    add_late()
    add_late()
    tasks.alert()
    assert mailoutbox == []
    assert not AlertIncident.objects.exists()
    hour = (now + timedelta(hours=2)).time().replace(microsecond=0)
    later = (now + timedelta(hours=3)).time().replace(microsecond=0)
    Alert.objects.update(quiet_from=hour, quiet_until=later)
    tasks.alert()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    ("zone", "shown", "is_quiet"),
    [
        ("Europe/Berlin", "21:59", False),
        ("Europe/Berlin", "22:00", True),
        ("Europe/Berlin", "05:59", True),
        ("Europe/Berlin", "06:00", False),
        ("", "21:30", False),
    ],
)
def test_quiet_hours_are_those_of_the_alerts_zone(zone: str, shown: str, is_quiet: bool) -> None:
    alert = Alert(quiet_from=time(22), quiet_until=time(6), time_zone=zone)
    moment = timezone.now().astimezone(alert.zone)
    hour, minute = map(int, shown.split(":"))
    assert alert.is_quiet(moment.replace(hour=hour, minute=minute)) is is_quiet


def test_alert_that_is_switched_off_says_nothing(
    late_invoices: Alert, add_late: Any, mailoutbox: Outbox
) -> None:
    Alert.objects.update(is_active=False)
    add_late()
    add_late()
    tasks.alert()
    assert mailoutbox == []


def test_two_workers_at_once_tell_once(late_invoices: Alert, add_late: Any) -> None:
    add_late()
    add_late()
    now = timezone.now()
    found = checking.Situation([late_invoices], now).causes(late_invoices)
    pk = late_invoices.pk
    assert [checking.update_incidents(pk, found, now) for _ in range(2)] == [True, False]
    assert AlertMessage.objects.count() == 1


def test_broken_alert_stops_no_other(
    late_invoices: Alert, add_late: Any, mailoutbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Alert.objects.create(name="Broken", late_more_than=0, emails=LEAD)
    add_late()
    add_late()
    leave = checking.leave_messages

    def leave_or_fail(alert: Alert, subject: str, text: str) -> None:
        if alert.pk == broken.pk:
            raise ValueError("broken")
        leave(alert, subject, text)

    monkeypatch.setattr(checking, "leave_messages", leave_or_fail)
    tasks.alert()
    assert len(mailoutbox) == 1
    [failure] = JobRun.objects.get(name="alert").failures
    assert (failure["step"], failure["name"]) == ("update_incidents", "Broken")


def test_statements_do_not_grow_with_alerts_and_tasks(
    invoices: Queue, labels: Queue, add_late: Any, add_task: Any
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            checking.check()
        return len(found)

    everything = {
        "late_more_than": 100,
        "waiting_longer_than": timedelta(days=9),
        "silent_longer_than": timedelta(hours=1),
        "emails": LEAD,
    }
    Alert.objects.create(name="1", **everything)
    add_late()
    few = statements()
    for n in range(8):
        Alert.objects.create(name=str(n), queue=labels if n % 2 else invoices, **everything)
        add_late()
    assert statements() == few == 8
