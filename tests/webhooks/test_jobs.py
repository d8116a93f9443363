"""The jobs of webhooks: what they do together, and how little without any webhook."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc import tasks
from qc.models import JobRun, Queue, Task, TaskEvent, Webhook, WebhookDelivery
from qc.webhooks import log, sending
from tests.webhooks.conftest import Receiver


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let what is sent to the worker be done at once; return for which webhooks."""
    asked: list[int] = []

    def at_once(pk: int) -> None:
        asked.append(pk)
        tasks.send_webhook(pk)

    monkeypatch.setattr(tasks.send_webhook, "delay", at_once)
    return asked


def test_events_are_collected_and_sent(
    erp: Webhook, receiver: Receiver, add_task: Callable[..., Task], invoices: Queue
) -> None:
    add_task(invoices)
    tasks.webhooks()
    assert receiver.types == ["task.created"]
    assert JobRun.objects.get(name="webhooks").counts == {"events": 1, "webhooks": 1}
    assert JobRun.objects.get(name="webhook").counts == {"sent": 1, "failed": 0}


def test_without_a_webhook_one_statement_is_all(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        tasks.webhooks()


def test_nothing_is_asked_of_the_worker_twice(
    erp: Webhook,
    worker: list[int],
    add_task: Callable[..., Task],
    invoices: Queue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.send_webhook, "delay", asked.append)
    add_task(invoices)
    for _ in range(2):
        tasks.webhooks()
    assert asked == [erp.pk]
    # A message may be lost with its broker.
    Webhook.objects.update(queued_until=timezone.now() - timedelta(seconds=1))
    tasks.webhooks()
    assert asked == [erp.pk] * 2


def test_old_events_and_deliveries_are_tidied_away(
    erp: Webhook, add_task: Callable[..., Task], invoices: Queue
) -> None:
    add_task(invoices)
    tasks.webhooks()
    now = timezone.now()
    tasks.tidy()
    assert (TaskEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 1)
    TaskEvent.objects.update(collected_at=now - log.KEPT - timedelta(hours=1))
    WebhookDelivery.objects.update(created_at=now - sending.KEPT - timedelta(hours=1))
    tasks.tidy()
    assert (TaskEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
