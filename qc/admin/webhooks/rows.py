"""A page of the deliveries of a webhook, newest first."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc.admin.shared import labels
from qc.admin.shared.addresses import address_of
from qc.core.localization import local
from qc.core.wording import by_days
from qc.models import DeliveryState, EventType, Task, Webhook, WebhookDelivery

ON_A_PAGE = 50
# Large columns, which the list does not show.
LARGE = ("body", "answer")
STATES = {
    DeliveryState.PENDING: "info",
    DeliveryState.DONE: "success",
    DeliveryState.FAILED: "danger",
}
TYPES = dict(EventType.choices)


class Row(NamedTuple):
    """A delivery as the list shows it."""

    link: str
    iso: str
    when: str
    type: str
    task: str
    task_link: str
    state: SafeString
    attempts: int
    next_at: str
    answer: str


def matching(webhook: Webhook, state: str, reference: str) -> QuerySet[WebhookDelivery]:
    """Return the deliveries of a webhook, newest first; of a state and a task if one is given."""
    found = WebhookDelivery.objects.filter(webhook=webhook).order_by("-webhook_id", "-pk")
    if reference:
        tasks = Task.objects.filter(reference=reference).values_list("pk", flat=True)
        found = found.filter(task__in=list(tasks))
    if not state:
        return found
    # In the order of the index, or MariaDB may sort all.
    return found.filter(state=state).order_by("-webhook_id", "-state", "-pk")


def has_failed(webhook: Webhook) -> bool:
    """Return whether any of its deliveries was given up."""
    return matching(webhook, DeliveryState.FAILED, "").order_by().exists()


def page(found: QuerySet[WebhookDelivery], before: int) -> tuple[list[WebhookDelivery], bool]:
    """Return a page of deliveries, those before an id unless it is 0, and whether more follow."""
    if before:
        found = found.filter(pk__lt=before)
    keys = list(found.values_list("pk", flat=True)[: ON_A_PAGE + 1])
    rows = WebhookDelivery.objects.defer(*LARGE).filter(pk__in=keys[:ON_A_PAGE])
    return list(rows.order_by("-pk")), len(keys) > ON_A_PAGE


def shown(deliveries: Sequence[WebhookDelivery]) -> Iterator[Row]:
    """Yield deliveries as the list shows them; the references of their tasks are read at once."""
    ids = {one.task for one in deliveries if one.task}
    references = dict(Task.objects.filter(pk__in=ids).values_list("pk", "reference"))
    zone = get_current_timezone()
    form = pgettext("day and year, by Django's letters", "d M Y")
    to_the_second = by_days(form, with_zone=True)
    for one in deliveries:
        reference = references.get(one.task or 0, "")
        yield Row(
            link=address_of("webhook_delivery", one.pk),
            iso=local(one.created_at, zone).isoformat(),
            when=to_the_second(one.created_at),
            type=type_of(one),
            task=reference,
            task_link=address_of("qc_task_change", one.task or 0) if reference else "",
            state=state_of(one),
            attempts=one.attempts,
            next_at=to_the_second(one.next_at) if one.next_at else waits_for(one),
            answer=answer_of(one),
        )


def type_of(delivery: WebhookDelivery) -> str:
    """Return what had happened, in words."""
    return str(TYPES.get(delivery.type, _("Test")))


def state_of(delivery: WebhookDelivery) -> SafeString:
    """Return how far a delivery is, as a label."""
    its = DeliveryState(delivery.state)
    return labels.label(its.label, STATES.get(its, ""))


def waits_for(delivery: WebhookDelivery) -> str:
    """Return why a delivery has no next attempt."""
    waits = delivery.state == DeliveryState.PENDING
    return _("after an earlier one of its task") if waits else "–"


def answer_of(delivery: WebhookDelivery) -> str:
    """Return what was wrong at the last attempt, or else the status of the answer."""
    return delivery.error or str("–" if delivery.status is None else delivery.status)
