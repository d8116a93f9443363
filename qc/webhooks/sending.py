"""Sends deliveries: each at least once, those of a task in their order, and again where it fails.

One process at a time sends to a webhook, by a lease; when it has died, another takes over and sends
again what may have been sent. Each webhook has runs of its own, and those that are slow or dead
leave a thread to all others (`qc.webhooks.slow`).
"""

import random
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from qc.core import leases
from qc.models import DeliveryState, Webhook, WebhookDelivery
from qc.webhooks import attempts, fanout, log, slow

# A run ends after so many seconds, or a little later; what is left is sent by the next one. It ends
# after an attempt that took long, too: the next run waits behind what others want of the workers.
SECONDS = 25
# For so long a run that was asked for may wait for a worker, before it is asked for again.
QUEUED = timedelta(minutes=1)
# For so long a lease that was renewed is not renewed again.
FRESH_SECONDS = 5
BATCH = 50
KEPT = timedelta(days=30)


def has_active() -> bool:
    """Return whether there is any webhook that is told of events now."""
    return _active().exists()


def to_run() -> Iterator[int]:
    """Yield the webhooks for which there is something to do, and note that a run is asked for.

    They come in any order, so that of slow ones, who wait for each other, each is the first some
    time.
    """
    now = timezone.now()
    news = Q(upto__lt=log.newest())
    due = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), next_at__lte=now)
    free = Q(busy_until__isnull=True) | Q(busy_until__lt=now)
    unqueued = Q(queued_until__isnull=True) | Q(queued_until__lt=now)
    wanted = _active().filter(free, unqueued, news | Exists(due)).filter(_may_be_tried())
    ids = list(wanted.values_list("pk", flat=True))
    random.shuffle(ids)
    for pk in ids:
        if Webhook.objects.filter(unqueued, pk=pk).update(queued_until=now + QUEUED):
            yield pk


class Lease:
    """Sending to a webhook belongs to one process at a time, for as long as that renews its lease.

    Who was away for longer than a lease lasts has lost it.
    """

    def __init__(self, webhook_id: int) -> None:
        self.webhook_id = webhook_id
        self.webhook = Webhook.objects.filter(pk=webhook_id)
        self.renewed = time.monotonic()

    @property
    def is_lost(self) -> bool:
        """Whether another process may have it by now."""
        return time.monotonic() - self.renewed >= leases.LEASE.total_seconds()

    def acquire(self) -> bool:
        """Return whether it was free, and is ours now."""
        unheld = Q(busy_until__isnull=True)
        return leases.acquire(self.webhook, unheld=unheld, queued_until=None)

    def renew(self) -> bool:
        """Return whether it is still ours, and the webhook may still be sent to."""
        if self.is_lost or not leases.renew(self.webhook.filter(_may_be_tried())):
            return False
        self.renewed = time.monotonic()
        return True

    def is_ours(self, *, again: bool) -> bool:
        """Return the same; only `again`, or after some seconds, the database is asked."""
        is_fresh = time.monotonic() - self.renewed < FRESH_SECONDS
        return self.renew() if again or not is_fresh else True

    def release(self) -> None:
        """Let other processes have it."""
        if not self.is_lost:
            self.webhook.update(busy_until=None)


def run(webhook_id: int) -> dict[str, int]:
    """Make and send the deliveries of a webhook; return how many were sent and how many failed."""
    counts, lease = {"sent": 0, "failed": 0}, Lease(webhook_id)
    if not lease.acquire():
        return counts
    try:
        with slow.place(webhook_id) as is_free:
            for is_sent in _sent(lease) if is_free else ():
                counts["sent" if is_sent else "failed"] += 1
    finally:
        lease.release()
    return counts


def _sent(lease: Lease) -> Iterator[bool]:
    """Send what is due; yield of each whether it was sent.

    Deliveries of further events are made when nothing else is due: so that they are never many.
    """
    end, is_sent = time.monotonic() + SECONDS, None
    while time.monotonic() < end and lease.renew():
        due = _due(lease.webhook)
        if not due and fanout.make_deliveries(lease.webhook_id) is None:
            return
        for pk in due:
            # Whoever fails may be left alone from now on.
            if time.monotonic() > end or not lease.is_ours(again=is_sent is not True):
                return
            began = time.monotonic()
            if (is_sent := attempts.make(pk)) is not None:
                yield is_sent
            if slow.took_long(lease.webhook_id, time.monotonic() - began):
                return


def _due(webhook: QuerySet[Webhook]) -> list[int]:
    """Return the deliveries to send now, those that were due first before others."""
    due = WebhookDelivery.objects.filter(
        webhook__in=webhook, state=DeliveryState.PENDING, next_at__lte=timezone.now()
    )
    return list(due.order_by("next_at", "pk").values_list("pk", flat=True)[:BATCH])


def _active() -> QuerySet[Webhook]:
    return Webhook.objects.filter(is_paused=False, switched_off_at__isnull=True)


def _may_be_tried() -> Q:
    is_active = Q(is_paused=False, switched_off_at__isnull=True)
    return is_active & (Q(next_at__isnull=True) | Q(next_at__lte=timezone.now()))


def delete_old() -> int:
    """Delete the deliveries that have ended and been kept long enough; return how many."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.exclude(state=DeliveryState.PENDING).delete()[0]
