"""One attempt to send a delivery: claimed, posted, and written down."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.core import pinned_http
from qc.core.encryption import InvalidToken
from qc.core.exceptions import Busy
from qc.core.localization import for_the_record
from qc.core.masking import masked
from qc.core.pinned_http import Limits, Undelivered
from qc.core.transactions import retrying
from qc.models import DeliveryState, Webhook, WebhookDelivery
from qc.models.webhooks import LONGEST_ANSWER
from qc.webhooks import bodies, changes, fanout, retries, signing
from qc.work import faults

logger = logging.getLogger(__name__)

# For each step; for all of it; and what is read of the answer.
LIMITS = Limits(seconds=15, seconds_in_all=20, bytes=LONGEST_ANSWER)


@dataclass
class Result:
    """How an attempt went; `status` is None where there was no answer."""

    error: str = ""
    status: int | None = None
    answer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def make(delivery_id: int) -> bool | None:
    """Send a delivery; return whether it was taken, None where it is not to be sent any more."""
    with for_the_record():
        delivery = _claim_or_give_up(delivery_id)
        if delivery is None:
            return None
        result = post(delivery.webhook, delivery)
        _write_down(delivery, result)
    if result.error:
        where = masked(delivery.webhook.url)
        logger.info("webhook %d: %s: %s", delivery.webhook_id, where, result.error)
    return not result.error


def _claim_or_give_up(delivery_id: int) -> WebhookDelivery | None:
    """Claim a delivery; give one up whose row of history can't be read: others wait behind it."""
    try:
        return _claim(delivery_id)
    except Exception as error:
        if isinstance(error, Busy) or faults.is_away(error):
            raise
        logger.exception("the delivery %d of a webhook can't be made", delivery_id)
        broken = WebhookDelivery.objects.select_related("webhook").get(pk=delivery_id)
        fanout.drop(broken.webhook, [broken], type(error).__name__)
        return None


def post(webhook: Webhook, delivery: WebhookDelivery) -> Result:
    """Post a delivery, signed at this moment; return how it went."""
    begun, result = time.monotonic(), Result()
    try:
        result = _posted(webhook, delivery)
    except Undelivered as error:
        result.error = str(error)
    except InvalidToken:
        result.error = _("its secret can't be read, as SECRET_KEY is another one now")
    result.seconds = round(time.monotonic() - begun, 3)
    return result


def _posted(webhook: Webhook, delivery: WebhookDelivery) -> Result:
    body = delivery.body.encode()
    headers = signing.headers(webhook, delivery.message_id, body, timezone.now())
    answer = pinned_http.post(webhook.url, body, headers, LIMITS)
    error = _("the answer was %(status)d") % {"status": answer.status}
    return Result(
        "" if answer.is_success else error, answer.status, _stored(answer.text), answer.headers
    )


def _stored(text: str) -> str:
    """Return the beginning of an answer as databases take it."""
    return text.replace("\x00", "")[:LONGEST_ANSWER]


@retrying
def _claim(delivery_id: int) -> WebhookDelivery | None:
    """Return a delivery that is still to be sent, counted as tried; its body is made once.

    It stays due: when this process dies, another one sends it again.
    """
    waiting = WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.PENDING)
    delivery = waiting.select_related("webhook").first()
    if delivery is None or delivery.next_at is None or not delivery.webhook.is_active:
        return None
    if not delivery.body:
        made = bodies.of_rows({delivery.row: delivery.type}) if delivery.row else {}
        if delivery.row not in made:
            fanout.drop(delivery.webhook, [delivery], _("its row of history is archived"))
            return None
        delivery.body = bodies.encoded(made[delivery.row])
    now, delivery.attempts = timezone.now(), delivery.attempts + 1
    claimed = {"attempts": delivery.attempts, "tried_at": now, "body": delivery.body}
    return delivery if waiting.filter(attempts=delivery.attempts - 1).update(**claimed) else None


@retrying
def _write_down(delivery: WebhookDelivery, result: Result) -> None:
    """Write down how an attempt went, what is next for the delivery, and for its webhook."""
    webhook, now = fanout.locked(delivery.webhook_id), timezone.now()
    if webhook is None:
        return
    columns = _columns(delivery.attempts, result, now)
    tried = fanout.pending(webhook).filter(pk=delivery.pk, attempts=delivery.attempts)
    if not tried.update(**columns):
        return
    if columns["state"] != DeliveryState.PENDING and delivery.task:
        fanout.make_next_due(webhook, [delivery.task])
    if result.error:
        _note_failure(webhook, result, now)
    else:
        _note_success(webhook, now)


def _columns(tries: int, result: Result, now: datetime) -> dict[str, Any]:
    """Return the columns of a delivery after an attempt."""
    columns = {name: getattr(result, name) for name in ("status", "answer", "seconds")}
    columns["error"] = result.error[:300]
    if not result.error:
        return columns | {"state": DeliveryState.DONE, "next_at": None}
    pause = retries.again_after(tries, result.status)
    if pause is None or result.status == retries.GONE:
        return columns | {"state": DeliveryState.FAILED, "next_at": None}
    return columns | {"state": DeliveryState.PENDING, "next_at": now + pause}


def _note_success(webhook: Webhook, now: datetime) -> None:
    """Note that a webhook answers; what failed because it did not is due again now."""
    record = Webhook.objects.filter(pk=webhook.pk)
    record.update(failures=0, failing_since=None, next_at=None, last_success_at=now)
    if webhook.next_at is not None:
        failed = fanout.pending(webhook).filter(next_at__gt=now, attempts__gt=0)
        unavailable = failed.filter(status__isnull=True) | failed.filter(
            status__in=retries.SLOW_DOWN
        )
        unavailable.update(next_at=now)


def _note_failure(webhook: Webhook, result: Result, now: datetime) -> None:
    """Note that a webhook failed, and for how long it is left alone; 410 switches it off."""
    pause = retries.leave_alone_for(result.status, result.headers, webhook.failures + 1, now)
    Webhook.objects.filter(pk=webhook.pk).update(
        failures=F("failures") + 1,
        failing_since=webhook.failing_since or now,
        last_failed_at=now,
        last_error=result.error[:300],
        next_at=now + pause if pause else None,
    )
    if result.status == retries.GONE:
        changes.switch_off(webhook, result.error)
