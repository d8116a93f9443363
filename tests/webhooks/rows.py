"""Rows of webhooks for tests that send nothing."""

from qc.models import EventType, Task, Webhook, WebhookDelivery
from qc.webhooks import signing


def add(task: Task, event: EventType) -> None:
    """Add a webhook, and a delivery of an event of this task."""
    secret = signing.stored(signing.new_secret())
    hook = Webhook.objects.create(name="ERP", url="https://erp.example.com/hook", secret=secret)
    WebhookDelivery.objects.create(webhook=hook, task=task.pk, event=1, type=event)
