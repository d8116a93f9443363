"""What the list of webhooks and the page of one say about it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc.admin.shared import labels
from qc.core.localization import number
from qc.core.wording import clock
from qc.models import DeliveryState, EventType, Outcome, TaskEvent, Webhook, WebhookDelivery

# Those waiting are counted in the index, up to this number.
MOST_COUNTED = 1000


def with_waiting(webhooks: QuerySet[Webhook]) -> QuerySet[Webhook]:
    """Return webhooks with `waiting`, how many deliveries wait: `MOST_COUNTED` + 1 at most.

    `has_later` is whether there are events of which no deliveries are made yet.
    """
    states = WebhookDelivery.objects.filter(state=DeliveryState.PENDING)
    waiting = states.filter(webhook=OuterRef("pk"))
    # In the order of the index, so that no more is read of it.
    beyond = waiting.order_by("webhook_id", "state", "pk").values("pk")
    counted = waiting.order_by().values("webhook").annotate(n=Count("pk")).values("n")
    n = Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
    return webhooks.annotate(
        has_later=Exists(TaskEvent.objects.filter(pk__gt=OuterRef("upto"))),
        beyond=Subquery(beyond[MOST_COUNTED : MOST_COUNTED + 1]),
        waiting=Case(When(beyond__isnull=False, then=Value(MOST_COUNTED + 1)), default=n),
    )


def host_of(webhook: Webhook) -> str:
    """Return the machine that it posts to; the rest of the address may be a secret."""
    return urlsplit(webhook.url).hostname or ""


def state_of(webhook: Webhook) -> SafeString:
    """Return as a label whether it sends, and since when it fails."""
    if webhook.switched_off_at:
        return labels.label(_("switched off"), "danger", webhook.switched_off_why)
    if webhook.is_paused:
        return labels.label(_("paused"), "warning")
    if webhook.failing_since:
        since = _("failing since %(time)s") % {"time": clock(webhook.failing_since)}
        return labels.label(since, "danger", webhook.last_error)
    return labels.label(_("active"), "success")


def result_of(webhook: Webhook) -> SafeString:
    """Return when its receiver has accepted something last, and below it what failed last."""
    accepted = webhook.last_success_at
    lines: list[tuple[Any]] = [(clock(accepted) if accepted else _("nothing yet"),)]
    if webhook.last_failed_at:
        lines.append((_failure(webhook),))
    return format_html_join("", "<div>{}</div>", lines)


def _failure(webhook: Webhook) -> SafeString:
    mark = labels.label(pgettext("a delivery", "failed"), "danger" if webhook.failing_since else "")
    return format_html("{} {}: {}", mark, clock(webhook.last_failed_at), webhook.last_error)


def waiting_of(webhook: Any) -> str:
    """Return how many deliveries wait, of a webhook that was read `with_waiting`."""
    if webhook.waiting > MOST_COUNTED:
        return _("more than %(n)s") % {"n": number(MOST_COUNTED)}
    n = number(webhook.waiting)
    is_held_up = webhook.is_paused or webhook.waiting
    return _("%(n)s and later events") % {"n": n} if is_held_up and webhook.has_later else n


def types_of(webhook: Webhook) -> str:
    """Return the events that it is for, in words."""
    return _listed(webhook.types, dict(EventType.choices)) or _("all")


def outcomes_of(webhook: Webhook) -> str:
    """Return the outcomes that it is limited to, in words."""
    return _listed(webhook.outcomes, dict(Outcome.choices)) or _("all")


def queues_of(webhook: Webhook) -> str:
    """Return the queues that it is told of."""
    names = ", ".join(str(queue) for queue in webhook.queues.all())
    return names or (_("none any more") if webhook.is_limited else _("all"))


def _listed(chosen: Iterable[str], names: dict[str, Any]) -> str:
    return ", ".join(str(names.get(one, one)) for one in chosen)
