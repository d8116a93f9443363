"""Makes a delivery of each event for the webhooks that want it.

Of the deliveries of a task to a webhook only the first is due; each that ends makes the next one
due. Whoever makes or ends one holds the lock of the webhook's row.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from qc.core.transactions import retrying
from qc.models import DeliveryState, TaskEvent, Webhook, WebhookDelivery

BATCH = 500


@retrying
def make_deliveries(webhook_id: int) -> int | None:
    """Make the deliveries of the next events that a webhook was not told of; return how many.

    It is None where there is no such event.
    """
    webhook = locked(webhook_id)
    if webhook is None or not webhook.is_active:
        return None
    events = list(TaskEvent.objects.filter(pk__gt=webhook.upto).order_by("pk")[:BATCH])
    if not events:
        return None
    queues = set(webhook.queues.values_list("pk", flat=True)) if webhook.is_limited else set()
    wanted = [event for event in events if webhook.wants(event, queues)]
    _make(webhook, wanted)
    Webhook.objects.filter(pk=webhook_id).update(upto=events[-1].pk)
    return len(wanted)


def locked(webhook_id: int) -> Webhook | None:
    """Return a webhook, locked."""
    return Webhook.objects.select_for_update().filter(pk=webhook_id).first()


def _make(webhook: Webhook, events: Collection[TaskEvent]) -> None:
    now = timezone.now()
    waiting = pending(webhook).filter(task__in={event.task for event in events})
    begun = set(waiting.values_list("task", flat=True))
    deliveries = []
    for event in events:
        deliveries.append(_delivery(webhook, event, None if event.task in begun else now))
        begun.add(event.task)
    WebhookDelivery.objects.bulk_create(deliveries)


def _delivery(webhook: Webhook, event: TaskEvent, due_at: datetime | None) -> WebhookDelivery:
    return WebhookDelivery(
        webhook=webhook,
        event=event.pk,
        row=event.row,
        task=event.task,
        message_id=event.name,
        type=event.type,
        next_at=due_at,
    )


def make_next_due(webhook: Webhook, tasks: Iterable[int]) -> None:
    """Make the first delivery of each of these tasks due that waits, and no other."""
    for task in tasks:
        waiting = pending(webhook).filter(task=task).order_by("event")
        found = list(waiting.values_list("pk", "next_at"))
        if found and found[0][1] is None:
            waiting.filter(pk=found[0][0]).update(next_at=timezone.now())
        if early := [pk for pk, next_at in found[1:] if next_at is not None]:
            waiting.filter(pk__in=early).update(next_at=None)


def drop(webhook: Webhook, deliveries: Collection[WebhookDelivery], why: str) -> None:
    """Drop deliveries that wait, so that they are never sent."""
    ids = [one.pk for one in deliveries]
    dropped = {"state": DeliveryState.DROPPED, "next_at": None, "error": why[:300]}
    for start in range(0, len(ids), BATCH):
        pending(webhook).filter(pk__in=ids[start : start + BATCH]).update(**dropped)
    make_next_due(webhook, {one.task for one in deliveries if one.task})


def drop_unwanted(webhook: Webhook, why: str) -> None:
    """Drop what waits for a webhook and is not wanted any more, since it was changed."""
    queues = set(webhook.queues.values_list("pk", flat=True))
    waiting = list(pending(webhook).only("event", "task"))
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        events = TaskEvent.objects.in_bulk([one.event for one in batch if one.event])
        kept = {pk for pk, event in events.items() if webhook.wants(event, queues)}
        drop(webhook, [one for one in batch if one.event not in kept], why)


def drop_all(webhook: Webhook, why: str) -> None:
    """Drop all that waits for a webhook."""
    pending(webhook).update(state=DeliveryState.DROPPED, next_at=None, error=why[:300])


def pending(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that wait for a webhook."""
    return WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryState.PENDING)
