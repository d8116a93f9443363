"""What admins send by hand: a test, and a delivery once more."""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.exceptions import InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.models import DeliveryState, User, Webhook, WebhookDelivery
from qc.models.webhooks import TEST
from qc.webhooks import attempts, bodies, fanout

# The columns of a delivery that is sent again.
AGAIN = {"state": DeliveryState.PENDING, "next_at": None, "attempts": 0, "error": ""}
# How many are sent again at once, while somebody waits.
MOST_AT_ONCE = 10_000


def send_test(webhook_id: int, *, by: User | None, **_more: Any) -> WebhookDelivery:
    """Send a test to a webhook at once, also to one that is paused; return it with the answer.

    It is tried once. Raises NotAllowed, NotFound.
    """
    permissions.check_superuser(by)
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound(_("There is no such webhook."))
    now = timezone.now()
    delivery = WebhookDelivery(
        webhook=webhook,
        message_id=f"evt_test_{uuid.uuid4().hex}",
        type=TEST,
        body=bodies.encoded(bodies.of_test(webhook.name, now)),
        attempts=1,
        tried_at=now,
    )
    result = attempts.post(webhook, delivery)
    delivery.status, delivery.error = result.status, result.error[:300]
    delivery.answer, delivery.seconds = result.answer, result.seconds
    delivery.state = DeliveryState.FAILED if result.error else DeliveryState.DONE
    delivery.save()
    return delivery


@retrying
def redeliver(delivery_id: int, *, by: User | None, **_more: Any) -> WebhookDelivery:
    """Let a delivery that has ended be sent again: the same message with the same id.

    Raises NotAllowed, NotFound, and InvalidTransition for one that waits, or a test.
    """
    permissions.check_superuser(by)
    delivery = WebhookDelivery.objects.filter(pk=delivery_id).first()
    webhook = fanout.locked(delivery.webhook_id) if delivery else None
    if delivery is None or webhook is None:
        raise NotFound(_("There is no such delivery."))
    if delivery.task is None:
        raise InvalidTransition(_("Send a new test instead."))
    ended = WebhookDelivery.objects.filter(pk=delivery_id).exclude(state=DeliveryState.PENDING)
    if not ended.update(**AGAIN):
        raise InvalidTransition(_("This delivery waits to be sent anyway."))
    fanout.make_next_due(webhook, [delivery.task])
    delivery.refresh_from_db()
    return delivery


def redeliver_failed(webhook_id: int, *, by: User | None, **_more: Any) -> int:
    """Let all that was given up be sent again, `MOST_AT_ONCE` at most; return how many.

    Raises NotAllowed, NotFound.
    """
    permissions.check_superuser(by)
    n = 0
    while n < MOST_AT_ONCE and (some := _redeliver_some(webhook_id)):
        n += some
    return n


@retrying
def _redeliver_some(webhook_id: int) -> int:
    webhook = fanout.locked(webhook_id)
    if webhook is None:
        raise NotFound(_("There is no such webhook."))
    failed = WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryState.FAILED)
    tasks = dict(failed.exclude(task=None).values_list("pk", "task")[: fanout.BATCH])
    WebhookDelivery.objects.filter(pk__in=tasks).update(**AGAIN)
    fanout.make_next_due(webhook, {task for task in tasks.values() if task})
    return len(tasks)
